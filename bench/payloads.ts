// The deliveries to send: every recorded payload of @octokit/webhooks-examples, or signed stories that move pipelines.
import { writeFileSync } from 'node:fs'
import {
  allExamples,
  REPOSITORY,
  signatureOf,
  WEBHOOK_SECRET,
  type WebhookDelivery,
} from '../test/support/deliveries.ts'
import { traces } from '../test/support/traces.ts'

export const MIXES = ['examples', 'stories', 'half and half'] as const
export type Mix = (typeof MIXES)[number]

/** One POST as stored in the load generator's file; its GUID is made when it is sent. */
export type Payload = { readonly name: string; readonly signature: string; readonly body: string }

/** Writes the given number of deliveries to a file, in sending order. */
export function writePayloads(file: string, mix: Mix, count: number, firstIssue: number): void {
  const posted = deliveriesOf(mix, count, firstIssue)
  const lines = posted.map((delivery) => JSON.stringify(payloadOf(delivery)))
  writeFileSync(file, lines.join('\n'))
}

function deliveriesOf(mix: Mix, count: number, firstIssue: number): readonly WebhookDelivery[] {
  switch (mix) {
    case 'examples':
      return repeatToLength(allExamples(), count)
    case 'stories':
      return traceDeliveries(count, firstIssue)
    case 'half and half': {
      const [recorded, stories] = [repeatToLength(allExamples(), count / 2), traceDeliveries(count / 2, firstIssue)]
      return recorded.flatMap((delivery, index) => [delivery, stories[index]!])
    }
  }
}

/** Issues at work at the same time, in several repositories: their deliveries are interleaved, as from GitHub. */
const CONCURRENT_ISSUES = 50
const REPOSITORIES = 5

function traceDeliveries(count: number, firstIssue: number): readonly WebhookDelivery[] {
  const deliveries: WebhookDelivery[] = []
  for (let first = firstIssue; deliveries.length < count; first += CONCURRENT_ISSUES) {
    const batch = Array.from({ length: REPOSITORIES }, (_, nth) => tracesOf(nth, first)).flat()
    const longest = Math.max(...batch.map(({ length }) => length))
    for (let nth = 0; nth < longest; nth++) deliveries.push(...batch.flatMap((story) => story[nth] ?? []))
  }
  return deliveries.slice(0, count)
}

function tracesOf(nth: number, first: number) {
  const repository = { ...REPOSITORY, id: REPOSITORY.id + nth, fullName: `acme/rocket-${nth + 1}` }
  return traces(CONCURRENT_ISSUES / REPOSITORIES, { first, repository }).map(({ deliveries }) => deliveries)
}

function repeatToLength(list: readonly WebhookDelivery[], count: number): readonly WebhookDelivery[] {
  return Array.from({ length: count }, (_, index) => list[index % list.length]!)
}

function payloadOf({ name, payload }: WebhookDelivery): Payload {
  const body = Buffer.from(JSON.stringify(payload))
  return { name, signature: signatureOf(body, WEBHOOK_SECRET), body: body.toString('base64') }
}
