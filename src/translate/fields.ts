// The parts that GitHub's payloads and answers have in common. Types are `Pick<>`s of GitHub's published ones. At run time
// only the fields that are used are checked, so that GitHub can add and drop others.
import type { InstallationLite, Repository, User } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { RunStatus } from '../pipeline/model/facts.ts'
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import { storable } from '../text/storable.ts'
import { UntranslatablePayload } from './untranslatable.ts'

/** A delivery's GUID and its arrival, which its payload does not carry. */
export type DeliveryReceipt = {
  readonly guid: string
  readonly receivedAt: Instant
  /** When it was found in GitHub's log, if it did not arrive by itself. */
  readonly repairedAt?: Instant | undefined
}

/** The question that GitHub was asked, and when: the evidence of every fact in the answer. */
export type ReadReceipt = Evidence & { readonly kind: 'read' }

export type Account = Pick<User, 'login' | 'type'>

/** The repository and the installation, which every delivery about a repository carries. */
export type RepositoryPayload = {
  readonly repository: Pick<Repository, 'id' | 'full_name' | 'private'> & {
    default_branch: string | null
    updated_at: string | null
  }
  readonly installation: Pick<InstallationLite, 'id'>
}

const MAX_INTEGER = 2 ** 31 - 1
const MAX_TEXT_LENGTH = 1_000
// GitHub's own limit is 65,536 characters, however many bytes each has.
const MAX_BODY_LENGTH = 300_000

// Explicit, because Date.parse also accepts `1` and other text.
const TIMESTAMP = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

export const id = z.int().positive()

/** The number of an issue, a pull request or a run attempt. */
export const number = z.int().positive().max(MAX_INTEGER)

/** A time, normalised to UTC with milliseconds. */
export const timestamp = z
  .string()
  .refine((text) => TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text)), 'expected an ISO 8601 time')
  .transform((text): Instant => new Date(text).toISOString())

export const optionalTimestamp = timestamp.nullish().transform((at) => at ?? null)

/** Text that people write. Cut, never rejected: a long title is no reason to miss an event. */
export const truncatedText = z.string().transform((text) => storable(text.slice(0, MAX_TEXT_LENGTH)))

/** A whole text, which is parsed and not stored. */
export const longText = z.string().max(MAX_BODY_LENGTH).transform(storable)

/** A name that identifies something: one that is too long is rejected, because a cut name is another name. */
export const identifier = z.string().min(1).max(300).transform(storable)

export const sha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a commit SHA')

/** A link that is shown to people. */
export const webUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\/[^\s<>"']+$/, 'expected an http(s) URL')

/** A run or a job that has not begun. GitHub may add words; one that is unknown is no reason to call the run silent. */
export function waitingStatusOf(status: string): Exclude<RunStatus, 'in_progress' | 'completed'> {
  return status === 'queued' || status === 'pending' || status === 'waiting' ? status : 'requested'
}

/** The conclusion of a run or a job; null until it is completed. */
export const conclusion = z
  .enum([
    'success',
    'failure',
    'neutral',
    'cancelled',
    'timed_out',
    'action_required',
    'stale',
    'skipped',
    'startup_failure',
  ])
  .nullable()

/** An account. GitHub sends `null` for a deleted one and shows it as "ghost". */
export const account = z
  .object({ login: identifier, type: z.enum(['User', 'Bot', 'Organization']).catch('User') })
  .nullish()
  .transform((user): Account => user ?? { login: 'ghost', type: 'User' })

export const repositoryPayload = z.object({
  repository: z.object({
    id,
    full_name: z
      .string()
      .max(300)
      .regex(/^[^/\s]+\/[^/\s]+$/, 'expected owner/name')
      .transform(storable),
    private: z.boolean(),
    default_branch: identifier.nullish().transform((branch) => branch ?? null),
    // Only orders descriptions: an unreadable one must not cost the delivery.
    updated_at: optionalTimestamp.catch(null),
  }),
  installation: z.object({ id }),
})

/** Reads the fields of a payload or an answer; throws UntranslatablePayload, naming the first few that are invalid. */
export function readPayload<T>(schema: z.ZodType<T>, payload: unknown): T {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new UntranslatablePayload(problems.join('; '))
}

export function repositoryRefOf({ repository, installation }: RepositoryPayload): RepositoryRef {
  return {
    id: repository.id,
    fullName: repository.full_name,
    private: repository.private,
    defaultBranch: repository.default_branch,
    installationId: installation.id,
    ...(repository.updated_at !== null && { updatedAt: repository.updated_at }),
  }
}

/** Evidence at the event's own time, not the arrival's, so that duplicates of a delivery compare equal. */
export function evidenceOf(receipt: DeliveryReceipt, at: Instant): Evidence {
  const { guid, repairedAt } = receipt
  return { kind: 'delivery', id: guid, at, ...(repairedAt !== undefined && { repairedAt }) }
}
