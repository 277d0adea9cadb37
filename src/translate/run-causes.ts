// Why GitHub cancelled a run, or failed it before its job began, and what keeps a run waiting. No field says the first: GitHub explains it in the annotations of
// the cancelled jobs' check runs, whose texts are collected from public runs. The run's actors and a delivery's sender name
// who started the run, never who cancelled it.
import { z } from 'zod'
import type { CancelExplanation, EnvironmentWait } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { identifier, readPayload, truncatedText } from './fields.ts'

/** The annotations of one job of a cancelled run. */
export type JobAnnotations = { readonly job: string; readonly annotations: readonly unknown[] }

/** What was read beside a run: of a cancelled one or one that failed before its job why, of a waiting one its deployments; null where GitHub does not say. */
export type RunCausesRead = { readonly annotations?: readonly JobAnnotations[]; readonly deployments?: unknown }

const annotation = z.object({ message: truncatedText.nullish().transform((message) => message?.trim() ?? '') })

const CANCELLED_BY = /^The run was canceled by @?([\w-]+(?:\[bot\])?)\.?$/i

// Most telling first. What GitHub words in another way is not guessed.
const TEXTS: readonly (readonly [RegExp, Extract<CancelExplanation, { readonly job: string }>['kind']])[] = [
  // https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/review-deployments
  [/^The deployment was rejected or didn't satisfy other protection rules/i, 'deployment-rejected'],
  [/^Canceling since a higher priority waiting request for .+ exists/i, 'replaced'],
  [/^Canceling since a deadlock /i, 'deadlock'],
  [/^The job has exceeded the maximum execution time while awaiting a runner/i, 'no-runner'],
  [/^The job .*has exceeded the maximum execution time of /i, 'job-time-limit'],
  [/^The (?:self-)?(?:hosted )?runner.* lost communication with the server/i, 'runner-lost'],
  [/^The runner has received a shutdown signal/i, 'runner-lost'],
  [/^The job was not acquired by Runner of type /i, 'no-runner'],
  [/^This request was automatically failed because there were no enabled runners online/i, 'no-runner'],
]

/** What the annotations of its jobs say about a cancelled run, the person who cancelled it first of all. */
export function translateAnnotations(read: readonly JobAnnotations[], readAt: Instant): CancelExplanation {
  const messages = read.flatMap(({ job, annotations }) =>
    annotations.map((one) => ({ job, message: readPayload(annotation, one).message })),
  )
  const logins = messages.flatMap(({ message }) => CANCELLED_BY.exec(message)?.[1] ?? [])
  const login = logins.find((name) => !isBot(name)) ?? logins[0]
  if (login !== undefined) return { kind: isBot(login) ? 'bot' : 'person', login }
  for (const [text, kind] of TEXTS) {
    const telling = messages.find(({ message }) => text.test(message))
    if (telling !== undefined) return { kind, job: telling.job }
  }
  return { kind: 'unexplained', since: readAt, until: readAt }
}

function isBot(login: string): boolean {
  return login.endsWith('[bot]')
}

const pendingDeployments = z.array(
  z.object({
    environment: z.object({ name: identifier }),
    wait_timer: z.number().nullish(),
    reviewers: z.array(z.unknown()).nullish(),
  }),
)

/** What the environments of waiting jobs wait for. Where it cannot be read (null), it may be a person. */
export function translatePendingDeployments(read: unknown, readAt: Instant): EnvironmentWait {
  if (read === null) return { kind: 'reviewers', environments: [], readAt }
  const pending = readPayload(pendingDeployments, read)
  const namesOf = (some: typeof pending) => some.map(({ environment }) => environment.name).sort()
  const reviewed = pending.filter(({ reviewers }) => (reviewers ?? []).length > 0)
  if (reviewed.length > 0) return { kind: 'reviewers', environments: namesOf(reviewed), readAt }
  const timed = pending.filter(({ wait_timer }) => (wait_timer ?? 0) > 0)
  if (timed.length > 0) return { kind: 'timer', environments: namesOf(timed), readAt }
  return { kind: 'rule', environments: namesOf(pending), readAt }
}
