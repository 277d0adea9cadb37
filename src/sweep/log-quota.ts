// GitHub allows an App at least 5,000 requests an hour (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
// The sweep stays within a fifth of that, however much was missed.
import type { Instant } from '../pipeline/model/time.ts'
import type { SweepRow } from '../store/sweeps.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

/** How many requests may go out at once after a quiet time, and how many an hour after that: at most 1,000 in an hour. */
const BURST = 500
const CALLS_PER_HOUR = 500
const MS_PER_CALL = (60 * 60_000) / CALLS_PER_HOUR

type Spent = Pick<SweepRow, 'calls' | 'callsAt'>

/** How many requests may go out now. */
export function callsLeft(spent: Spent, now: Instant): number {
  return Math.max(0, Math.floor(BURST - callsOf(spent, now)))
}

export function countCalls(spent: Spent, made: number, now: Instant): Spent {
  return { calls: callsOf(spent, now) + made, callsAt: now }
}

/** When the next request may go out. */
export function nextCallAt(spent: Spent, now: Instant): Instant {
  return millisecondsAfter(now, Math.max(0, callsOf(spent, now) + 1 - BURST) * MS_PER_CALL)
}

function callsOf({ calls, callsAt }: Spent, now: Instant): number {
  // At first the time is `-infinity`, and after a clock was set back it lies ahead.
  const passedMs = Date.parse(now) - Date.parse(callsAt)
  if (Number.isNaN(passedMs)) return 0
  return Math.max(0, calls - Math.max(0, passedMs) / MS_PER_CALL)
}
