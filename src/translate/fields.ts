// The parts that GitHub's payloads and answers have in common. Types are `Pick<>`s of GitHub's published ones; at run time only the fields
// that are read are checked, so that GitHub may add and drop whatever else it likes.
import type { InstallationLite, Repository, User } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { storable } from '../text/storable.ts'
import { UntranslatablePayload } from './untranslatable.ts'

/** What the delivery itself adds to its payload. */
export type DeliveryReceipt = { readonly guid: string; readonly receivedAt: Instant }

/** What GitHub was asked, and when: the evidence of everything in its answer. */
export type ReadReceipt = Evidence & { readonly kind: 'read' }

export type Account = Pick<User, 'login' | 'type'>

/** Where it happened; every delivery about a repository carries it. */
export type RepositoryPayload = {
  readonly repository: Pick<Repository, 'id' | 'full_name' | 'private'> & { default_branch: string | null }
  readonly installation: Pick<InstallationLite, 'id'>
}

const MAX_INTEGER = 2 ** 31 - 1
const MAX_TEXT_LENGTH = 1_000
// GitHub's own limit is 65,536 characters, however many bytes each has.
const MAX_BODY_LENGTH = 300_000

// Written out, because Date.parse also takes `1` and `tomorrow-ish` words.
const TIMESTAMP = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

export const id = z.int().positive()

/** An issue's, pull request's or attempt's number. */
export const number = z.int().positive().max(MAX_INTEGER)

/** A moment, normalised to UTC with milliseconds. */
export const timestamp = z
  .string()
  .refine((text) => TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text)), 'expected an ISO 8601 moment')
  .transform((text): Instant => new Date(text).toISOString())

export const optionalTimestamp = timestamp.nullish().transform((at) => at ?? null)

/** What people write. Cut, never refused: a long title is no reason to miss an event. */
export const truncatedText = z.string().transform((written) => storable(written.slice(0, MAX_TEXT_LENGTH)))

/** A whole text that is read and not kept. */
export const longText = z.string().max(MAX_BODY_LENGTH).transform(storable)

/** What identifies something: too long is a mistake, because a cut name would be another name. */
export const identifier = z.string().min(1).max(300).transform(storable)

export const sha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a commit SHA')

/** A link that people will be shown. */
export const webUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\/[^\s<>"']+$/, 'expected an http(s) URL')

/** How a run or a job ended, while it has not: null. */
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

/** An account; one that was deleted is `null` on GitHub, which shows it as "ghost". */
export const account = z
  .object({ login: identifier, type: z.enum(['User', 'Bot', 'Organization']).catch('User') })
  .nullish()
  .transform((known): Account => known ?? { login: 'ghost', type: 'User' })

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
  }),
  installation: z.object({ id }),
})

/** Reads the fields of a payload or an answer; throws UntranslatablePayload, naming the first few that are wrong. */
export function readPayload<T>(schema: z.ZodType<T>, payload: unknown): T {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  const reasons = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new UntranslatablePayload(reasons.join('; '))
}

export function repositoryRefOf({ repository, installation }: RepositoryPayload): RepositoryRef {
  return {
    id: repository.id,
    fullName: repository.full_name,
    private: repository.private,
    defaultBranch: repository.default_branch,
    installationId: installation.id,
  }
}

/** Told by this delivery at the event's own moment: its duplicates then compare equal. */
export function evidenceOf(receipt: DeliveryReceipt, at: Instant): Evidence {
  return { kind: 'delivery', id: receipt.guid, at }
}
