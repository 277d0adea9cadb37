// What goes first when an installation may write once a second. A reaction goes before everything, so that the sender
// of a command sees within two seconds that it was read. After twenty in a minute, reactions go behind dispatches and
// cancellations, and behind a reply that has waited for half a minute. Of the slots that no such reaction takes, one of
// four is a publication's while one waits.
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { countReactionsSince, listPendingWrites } from '../store/pending-writes.ts'
import { isPublicationWaiting } from '../store/publish-claims.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

/** Kinds of writes. Publications, check runs and comments, are ordered among themselves by diff-surfaces.ts. */
export type WritePriority = 'react' | 'dispatch' | 'cancel' | 'reply' | 'swap' | 'publish'

/**
 * Which writes of the installation go before one of this priority: effects that wait for a slot now or within the next
 * second, or, at its turn, a publication. Only urgent reactions go before a publication at its turn.
 */
export async function findHigherPriority(
  trx: Transaction,
  installationId: number,
  priority: WritePriority,
  isPublicationsTurn: boolean,
  now: Instant,
): Promise<{ readonly isHigherWaiting: boolean; readonly isPublicationFirst: boolean }> {
  const waiting = await listPendingWrites(trx, installationId, millisecondsAfter(now, SLOT_LOOKAHEAD_MS), now)
  const since = (type: WritePriority) => waiting.find((one) => one.type === type)?.since ?? ''
  const isUrgent = since('react') !== '' && (await isReactionUrgent(trx, installationId, now))
  if (isPublicationsTurn && !(isUrgent && priority === 'react')) {
    if (priority === 'publish') return { isHigherWaiting: isUrgent, isPublicationFirst: false }
    if (!isUrgent && (await isPublicationWaiting(trx, installationId, now)))
      return { isHigherWaiting: false, isPublicationFirst: true }
  }
  const isOld = since('reply') !== '' && since('reply') <= millisecondsAfter(now, -MAX_REPLY_DELAY_MS)
  const answers: readonly WritePriority[] = isOld ? ['reply', 'react'] : ['react', 'reply']
  const order: readonly WritePriority[] = isUrgent
    ? ['react', 'dispatch', 'cancel', 'reply', 'swap', 'publish']
    : ['dispatch', 'cancel', ...answers, 'swap', 'publish']
  const index = order.indexOf(priority)
  return { isHigherWaiting: waiting.some(({ type }) => order.indexOf(type) < index), isPublicationFirst: false }
}

/** How many reactions a minute may go before dispatches and cancellations. */
const URGENT_REACTIONS_PER_MINUTE = 20
/** How long a reply may wait behind reactions; meanwhile other replies on the same issue join it. */
const MAX_REPLY_DELAY_MS = 30_000
/** A write that was denied a slot is due again when the next slot is free, a second later. */
const SLOT_LOOKAHEAD_MS = 1_100

async function isReactionUrgent(trx: Transaction, installationId: number, now: Instant): Promise<boolean> {
  return (await countReactionsSince(trx, installationId, millisecondsAfter(now, -60_000))) < URGENT_REACTIONS_PER_MINUTE
}
