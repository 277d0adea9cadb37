// The writes that GitHub allows one installation, shared by every process: the row is locked while a slot is taken. The
// limits are GitHub's own (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api), counted
// over exact sliding windows rather than estimated.
import { earliest, type Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

/** The writes of an installation so far, and until when GitHub's rate limit blocks it. */
export type WriteBudget = {
  readonly nextWriteAt: Instant
  readonly blockedUntil: Instant
  /** Times of the creations of a little more than the last hour, oldest first. */
  readonly creations: readonly Instant[]
  /** Writes since the last publication. */
  readonly writesSincePublication: number
}

/** Every write takes a slot; creations are also counted, because GitHub limits them separately. */
export type WriteKind = 'create' | 'change'

export type Reservation =
  | { readonly granted: true; readonly budget: WriteBudget }
  | { readonly granted: false; readonly until: Instant }

const EPOCH = '1970-01-01T00:00:00.000Z'

/** No write yet. */
export const UNSPENT_BUDGET: WriteBudget = {
  nextWriteAt: EPOCH,
  blockedUntil: EPOCH,
  creations: [],
  writesSincePublication: 0,
}

/**
 * Takes the slot of one write, or returns when there may be one. A creation by a publication leaves room to what people wait for:
 * `leaving` is how many of these wait already, null for every other write.
 */
export function reserveSlot(
  budget: WriteBudget,
  write: WriteKind,
  now: Instant,
  { leaving = null }: { leaving?: number | null } = {},
): Reservation {
  const since = millisecondsAfter(now, -HOUR_MS - ARRIVES_WITHIN_MS)
  // A clock that was set back has left some in the future.
  const creations = budget.creations.filter((at) => at >= since).map((at) => earliest(at, now))
  const windows = leaving === null ? CREATION_WINDOWS : [...CREATION_WINDOWS, windowOfPublications(leaving)]
  const until = [
    budget.blockedUntil,
    budget.nextWriteAt,
    ...(write === 'create' ? windows : []).map(({ max, ms }) => windowFreeAt(creations, max, ms, now)),
  ].reduce((a, b) => (a > b ? a : b))
  if (until > now) return { granted: false, until }
  return {
    granted: true,
    budget: {
      ...budget,
      nextWriteAt: nextSlotAfter(now),
      creations: write === 'create' ? [...creations, now] : creations,
    },
  }
}

/** When the slot after this one is free. */
export function nextSlotAfter(at: Instant): Instant {
  return millisecondsAfter(at, WRITE_INTERVAL_MS)
}

/** Counts a granted write: a publication, or one more since the last. */
export function countWrite(budget: WriteBudget, isPublication: boolean): WriteBudget {
  return { ...budget, writesSincePublication: isPublication ? 0 : budget.writesSincePublication + 1 }
}

/** Whether the next slot is a publication's, if one waits: one slot of four. */
export function isPublicationsTurn({ writesSincePublication }: WriteBudget): boolean {
  return writesSincePublication >= WRITES_BETWEEN_PUBLICATIONS
}

/** Blocks the installation for every process until then; a longer block stays. */
export function blockBudgetUntil(budget: WriteBudget, until: Instant): WriteBudget {
  return until > budget.blockedUntil ? { ...budget, blockedUntil: until } : budget
}

/** So dispatches are at most a third slower while publications wait, and no publication waits for more than this. */
const WRITES_BETWEEN_PUBLICATIONS = 3
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** A little more than a second: writes sent one second apart must not arrive any closer. */
const WRITE_INTERVAL_MS = 1_050
/** What was sent may have arrived as much later as a request may take, and clocks differ a little. */
const ARRIVES_WITHIN_MS = 10_000
const CREATION_WINDOWS = [
  { max: 80, ms: MINUTE_MS + ARRIVES_WITHIN_MS },
  { max: 500, ms: HOUR_MS + ARRIVES_WITHIN_MS },
] as const
/**
 * Leaves room for those that wait, and for 200 dispatches, answers and reactions more within a quarter of an hour, at any time: by
 * then, what is older than this is more than an hour old. Comments and checks on many issues would spend the hour, and a
 * dispatch wait for most of it.
 */
function windowOfPublications(leaving: number) {
  return { max: 300 - leaving, ms: HOUR_MS - 15 * MINUTE_MS }
}

/** When the window of that length next contains fewer than `max`; a window includes both of its ends. */
function windowFreeAt(creations: readonly Instant[], max: number, ms: number, now: Instant): Instant {
  if (max <= 0) return millisecondsAfter(now, 2 * MINUTE_MS)
  const oldest = creations.at(-max)
  return oldest === undefined ? EPOCH : millisecondsAfter(oldest, ms + 1)
}
