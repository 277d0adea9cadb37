// What the doctor says: one finding for each thing that it looked at, or several where several things are wrong.

/** What is looked at, in the order of the table, with its name for people. */
export const CHECKS = {
  environment: 'environment',
  github: 'GitHub App',
  permissions: 'permissions',
  events: 'events',
  installations: 'installations',
  webhook: 'webhook',
  deliveries: 'deliveries',
  'sign-in': 'signing in',
  clock: 'clock',
  site: 'BASE_URL',
  stream: 'event stream',
  bodies: 'large bodies',
  database: 'database',
  notifications: 'notifications',
  workers: 'workers',
  configuration: 'andon.yml',
  disk: 'disk',
} as const

export type CheckName = keyof typeof CHECKS

/** `skipped` follows from something else that is wrong or unknown, or does not apply here. */
export type FindingState = 'ok' | 'wrong' | 'unknown' | 'skipped'

export type Finding = {
  readonly check: CheckName
  readonly state: FindingState
  /** For programs: the same word for the same cause in every version; null if nothing is wrong. */
  readonly cause: string | null
  /** What is so. */
  readonly what: string
  /** One sentence: what a person does about it. */
  readonly todo: string | null
}

/** A value, or why it could not be read. */
export type Reading<T> = { readonly value: T } | { readonly failure: ReadingFailure }

/**
 * - `refused`: the other side understood and said no.
 * - `unreachable`: no connection.
 * - `untrusted`: the certificate is not accepted.
 * - `cut`: the connection broke before an answer.
 * - `silent`: no answer in time, or one that only says "later".
 * - `foreign`: the answer is not of the kind that was asked for.
 */
export type ReadingFailure = {
  readonly kind: 'refused' | 'unreachable' | 'untrusted' | 'cut' | 'silent' | 'foreign'
  readonly words: string
}

export function ok(check: CheckName, what: string): Finding {
  return { check, state: 'ok', cause: null, what, todo: null }
}

export function wrong(check: CheckName, cause: string, what: string, todo: string | null): Finding {
  return { check, state: 'wrong', cause, what, todo }
}

export function unknown(check: CheckName, cause: string, what: string, todo: string | null): Finding {
  return { check, state: 'unknown', cause, what, todo }
}

export function skipped(check: CheckName, what: string): Finding {
  return { check, state: 'skipped', cause: null, what, todo: null }
}
