// What happens after a failed call to GitHub: one policy for every call. Callers switch on the outcome, never on the
// failure.
import { DEFAULT_RATE_LIMIT_MS, GitHubFailure, type RequestIntent } from '../github/failure.ts'
import type { AccessProblem } from '../pipeline/model/access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { cut } from '../text/cut.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { FIRST_LOOKUP_AFTER_MS } from './timings.ts'

/** One try of a call. */
export type CallTry = {
  readonly intent: RequestIntent
  /** The first is 1. Null where tries are not counted: a publication is tried until it is true. */
  readonly tryNumber: number | null
  /** Of a lookup: since when it has been looked for. The longer, the less often. */
  readonly since?: Instant | null
  /** When it failed. */
  readonly now: Instant
}

/**
 * - `retry`: nothing happened, or a repetition does no harm; send the same again at `at`.
 * - `wait`: a rate limit; no process calls GitHub for the installation before `until`, and no try is counted.
 * - `no access`: GitHub keeps the App out for now; send the same again once it works, and count no try.
 * - `unconfirmed`: GitHub may have created it; look for it, from `recoverAt` on, before anything is sent again.
 * - `gone`: the object of the call does not exist (any more).
 * - `refused`: GitHub refused, and would refuse again.
 * - `give up`: the call could be retried, but its tries are used up.
 */
export type CallOutcome = {
  /** GitHub's error message, without the link to its documentation. */
  readonly words: string
} & (
  | { readonly kind: 'retry'; readonly at: Instant }
  | { readonly kind: 'wait'; readonly until: Instant }
  | { readonly kind: 'no access'; readonly problem: AccessProblem }
  | { readonly kind: 'unconfirmed'; readonly recoverAt: Instant }
  | { readonly kind: 'gone' | 'refused' | 'give up' }
)

/** With backoff, this many tries outlast an outage of three hours. */
export const MAX_TRIES = 8

/** Where a slot waits, pauses grow no longer than after so many tries: five minutes. Of a dispatch no more tries are counted. */
export const MAX_OUTAGE_TRIES = 4

export function callOutcomeOf(error: unknown, { intent, tryNumber, now, since = null }: CallTry): CallOutcome {
  const words = wordsOf(error)
  const retry = (): CallOutcome => ({ kind: 'retry', at: retryAt(tryNumber, now, since), words })
  const unconfirmed = { kind: 'unconfirmed', recoverAt: millisecondsAfter(now, FIRST_LOOKUP_AFTER_MS), words } as const
  // An error of our own says nothing about what GitHub did or will do.
  if (!(error instanceof GitHubFailure)) return intent === 'create' ? unconfirmed : retry()
  switch (error.kind) {
    case 'rate_limited':
      return { kind: 'wait', until: error.until ?? millisecondsAfter(now, DEFAULT_RATE_LIMIT_MS), words }
    case 'not_found':
      return { kind: 'gone', words }
    case 'refused':
      return { kind: 'refused', words }
    case 'no_access':
      if (error.access !== undefined) return { kind: 'no access', problem: error.access, words }
      break
    case 'unconfirmed':
      // Only a creation does harm when it is repeated.
      if (intent === 'create') return unconfirmed
      break
    case 'retryable':
      break
  }
  return tryNumber !== null && tryNumber >= MAX_TRIES ? { kind: 'give up', words } : retry()
}

const FIRST_BACKOFF_MS = 5_000
const MAX_BACKOFF_MS = 60 * 60_000
const UNCOUNTED_RETRY_AFTER_MS = 15_000

/** 5 s, 20 s, 80 s … an hour; a lookup after half of the time that it has gone on. */
export function retryAt(tryNumber: number | null, now: Instant, since: Instant | null = null): Instant {
  if (tryNumber === null) {
    const age = since === null ? 0 : Date.parse(now) - Date.parse(since)
    return millisecondsAfter(now, Math.max(UNCOUNTED_RETRY_AFTER_MS, Math.min(age / 2, MAX_BACKOFF_MS)))
  }
  return millisecondsAfter(now, backoffMs(tryNumber))
}

export function backoffMs(tryNumber: number): number {
  return Math.min(FIRST_BACKOFF_MS * 4 ** (tryNumber - 1), MAX_BACKOFF_MS)
}

const MAX_WORDS_LENGTH = 200

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const text = message
    .replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return cut(text, MAX_WORDS_LENGTH)
}
