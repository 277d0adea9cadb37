// The rules of a scan through GitHub's log: from when on it reads, what it takes up, where it may stop, and whether the log
// had still everything. The log is newest first, and its moments are GitHub's.
import { concernsAccess } from '../inbox/access-changes.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { LogScan } from '../store/repair-tables.ts'
import type { SweepChange, SweepRow } from '../store/sweeps.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { LoggedDelivery } from '../translate/delivery-log.ts'
import { hasActions, isHandledAction, isHandledWebhook } from '../translate/handled-webhooks.ts'

/** How often the log is read from its top. */
export const SCAN_EVERY_MS = 5 * 60_000
/** GitHub may log a delivery minutes later than one that it sent after it. */
const OVERLAP_MS = 15 * 60_000
/** What GitHub has just sent may be on its way into the inbox. */
const YOUNG_MS = 60_000
/** https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks, less a margin. */
const RETENTION_MS = (3 * 24 - 2) * 60 * 60_000
/** What people ordered before Andon was there is carried out only if it was just before. */
const ORDERS_BEFORE_START_MS = 60 * 60_000
const ORDERS = new Set(['issue_comment', 'check_run'])

export function beginScan(startedAt: Instant): LogScan {
  return { startedAt, cursor: null, newestAt: null, oldestAt: null, isSoonAgain: false }
}

/** The scan after one more page. */
export function advanceScan(
  scan: LogScan,
  { deliveries, next }: { readonly deliveries: readonly LoggedDelivery[]; readonly next: string | null },
): LogScan {
  const moments = deliveries.map(({ deliveredAt }) => deliveredAt)
  const all = [...moments, scan.newestAt, scan.oldestAt].filter((at) => at !== null).toSorted()
  return { ...scan, cursor: next, newestAt: all.at(-1) ?? null, oldestAt: all[0] ?? null }
}

/** Was all of the page, and so everything after it, seen by the scan before? A single old entry among newer ones came late. */
export function isSeenBefore(
  deliveries: readonly LoggedDelivery[],
  { sweptUntil }: Pick<SweepRow, 'sweptUntil'>,
): boolean {
  if (sweptUntil === null) return false
  const floor = millisecondsAfter(sweptUntil, -OVERLAP_MS)
  return deliveries.every(({ deliveredAt }) => deliveredAt < floor)
}

/**
 * At the end of the log: may it have lost what was sent since the last scan? Not if it still has what was seen then, nor if
 * that has just become too old, while the scan itself is not.
 */
export function isCutOff(
  { oldestAt }: LogScan,
  { sweptUntil, scannedAt }: Pick<SweepRow, 'sweptUntil' | 'scannedAt'>,
  now: Instant,
): boolean {
  if (scannedAt === null || (sweptUntil !== null && oldestAt !== null && oldestAt <= sweptUntil)) return false
  const kept = millisecondsAfter(now, -RETENTION_MS)
  return scannedAt < kept || (sweptUntil !== null && sweptUntil > kept)
}

/** Could the delivery change anything here? The log does not show more of it than this. */
export function isRelevant({ name, action }: Pick<LoggedDelivery, 'name' | 'action'>): boolean {
  if (concernsAccess(name)) return true
  if (!isHandledWebhook(name)) return false
  return !hasActions(name) || action === null || isHandledAction(name, action)
}

/** Was it ordered too long before Andon began? */
export function isOrderFromBefore({ name, deliveredAt }: LoggedDelivery, begin: Instant | null): boolean {
  return begin !== null && ORDERS.has(name) && deliveredAt < millisecondsAfter(begin, -ORDERS_BEFORE_START_MS)
}

/** GitHub says that it arrived, so it may be on its way into the inbox. */
export function isOnItsWay({ isAccepted, deliveredAt }: LoggedDelivery, now: Instant): boolean {
  return (
    isAccepted && deliveredAt > millisecondsAfter(now, -YOUNG_MS) && deliveredAt <= millisecondsAfter(now, YOUNG_MS)
  )
}

/** The log has lost what GitHub sent from then until then: that must be found elsewhere. A gap that is not made up for grows. */
export function cutOff(
  { cutOffFrom, cutOffReconciledAt }: SweepRow,
  { from, until }: { readonly from: Instant | null; readonly until: Instant },
  at: Instant,
): SweepChange {
  const since = cutOffReconciledAt === null ? cutOffFrom : null
  return { cutOffFrom: since ?? from, cutOffUntil: until, cutOffAt: at, cutOffReconciledAt: null }
}
