// Who goes first when an installation may write once a second. A reaction goes before everything, so that whoever gave a
// command knows within two seconds that it was read; past twenty in a minute it takes its place behind what moves runs,
// and behind a reply that has waited for half a minute.
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { countReactionsSince, listPendingWrites } from '../store/pending-writes.ts'

/** What wants to write. Publications are checks and comments, which order themselves: see diff-surfaces.ts. */
export type WritePriority = 'react' | 'dispatch' | 'cancel' | 'reply' | 'publish'

/** Is something of a higher rank waiting for a slot of this installation, now or within the next second? */
export async function isHigherPriorityWaiting(
  trx: Transaction,
  installationId: number,
  priority: WritePriority,
  now: Instant,
): Promise<boolean> {
  const waiting = await listPendingWrites(trx, installationId, millisecondsAfter(now, SLOT_LOOKAHEAD_MS), now)
  if (!waiting.some(({ type }) => type !== priority)) return false
  const since = (type: WritePriority) => waiting.find((one) => one.type === type)?.since ?? ''
  const isUrgent = since('react') !== '' && (await isReactionUrgent(trx, installationId, now))
  const isOld = since('reply') !== '' && since('reply') <= millisecondsAfter(now, -MAX_REPLY_DELAY_MS)
  const answers: readonly WritePriority[] = isOld ? ['reply', 'react'] : ['react', 'reply']
  const order: readonly WritePriority[] = isUrgent
    ? ['react', 'dispatch', 'cancel', 'reply', 'publish']
    : ['dispatch', 'cancel', ...answers, 'publish']
  const place = order.indexOf(priority)
  return waiting.some(({ type }) => order.indexOf(type) < place)
}

/** How many reactions a minute may go before what moves runs. */
const URGENT_REACTIONS_PER_MINUTE = 20
/** How long a reply may stand behind reactions. Meanwhile more of what is to be said there joins it. */
const MAX_REPLY_DELAY_MS = 30_000
/** What was denied a slot is due again when the next is free: a second later. */
const SLOT_LOOKAHEAD_MS = 1_100

async function isReactionUrgent(trx: Transaction, installationId: number, now: Instant): Promise<boolean> {
  return (await countReactionsSince(trx, installationId, millisecondsAfter(now, -60_000))) < URGENT_REACTIONS_PER_MINUTE
}
