// What is sent: every recorded payload of @octokit/webhooks-examples, or stories that move pipelines, signed beforehand.
import { writeFileSync } from 'node:fs'
import { allExamples, type Posted, REPOSITORY, SECRET, signature } from '../test/support/deliveries.ts'
import { traces } from '../test/support/traces.ts'

export const MIXES = ['examples', 'stories', 'half and half'] as const
export type Mix = (typeof MIXES)[number]

/** One POST as it is kept in the file that the load generator reads; its GUID is made when it is sent. */
export type Payload = { readonly name: string; readonly signature: string; readonly body: string }

/** Writes as many deliveries as are wanted to a file, in the order they are to be sent. */
export function writePayloads(file: string, mix: Mix, count: number, firstIssue: number): void {
  const posted = mixed(mix, count, firstIssue)
  const lines = posted.map((delivery) => JSON.stringify(payload(delivery)))
  writeFileSync(file, lines.join('\n'))
}

function mixed(mix: Mix, count: number, firstIssue: number): readonly Posted[] {
  switch (mix) {
    case 'examples':
      return cycled(allExamples(), count)
    case 'stories':
      return stories(count, firstIssue)
    case 'half and half': {
      const [recorded, told] = [cycled(allExamples(), count / 2), stories(count / 2, firstIssue)]
      return recorded.flatMap((delivery, index) => [delivery, told[index]!])
    }
  }
}

/** Issues at work at the same time, in how many repositories: their deliveries come interleaved, as they do from GitHub. */
const SIDE_BY_SIDE = 50
const REPOSITORIES = 5

function stories(count: number, firstIssue: number): readonly Posted[] {
  const told: Posted[] = []
  for (let first = firstIssue; told.length < count; first += SIDE_BY_SIDE) {
    const batch = Array.from({ length: REPOSITORIES }, (_, nth) => storiesOf(nth, first)).flat()
    const longest = Math.max(...batch.map(({ length }) => length))
    for (let nth = 0; nth < longest; nth++) told.push(...batch.flatMap((story) => story[nth] ?? []))
  }
  return told.slice(0, count)
}

function storiesOf(nth: number, first: number) {
  const repository = { ...REPOSITORY, id: REPOSITORY.id + nth, fullName: `acme/rocket-${nth + 1}` }
  return traces(SIDE_BY_SIDE / REPOSITORIES, { first, repository }).map(({ deliveries }) => deliveries)
}

function cycled(list: readonly Posted[], count: number): readonly Posted[] {
  return Array.from({ length: count }, (_, index) => list[index % list.length]!)
}

function payload({ name, payload }: Posted): Payload {
  const body = Buffer.from(JSON.stringify(payload))
  return { name, signature: signature(body, SECRET), body: body.toString('base64') }
}
