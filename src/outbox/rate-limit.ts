import type { Instant } from '../pipeline/model/time.ts'
import { lockBudget, saveBudget } from '../store/budgets.ts'
import type { Database, Transaction } from '../store/database.ts'
import { countPendingCreations } from '../store/pending-writes.ts'
import { findHigherPriority, type WritePriority } from './priority.ts'
import {
  blockBudgetUntil,
  countWrite,
  isPublicationsTurn,
  nextSlotAfter,
  type Reservation,
  reserveSlot,
  UNSPENT_BUDGET,
  type WriteKind,
} from './write-budget.ts'

/** Takes a slot for one write, unless another write goes first. Locks the installation's budget until the transaction ends. */
export async function takeWriteSlot(
  trx: Transaction,
  installationId: number,
  write: WriteKind,
  priority: WritePriority,
  now: () => Instant,
): Promise<Reservation> {
  const budget = await lockBudget(trx, installationId, UNSPENT_BUDGET, now())
  // Read the clock under the lock: the transaction before may have written a moment ago.
  const at = now()
  const isPublication = priority === 'publish'
  const leaving = isPublication && write === 'create' ? await countPendingCreations(trx, installationId) : null
  const reservation = reserveSlot(budget, write, at, { leaving })
  if (!reservation.granted) return reservation
  const isTurn = isPublicationsTurn(budget)
  const { isHigherWaiting, isPublicationFirst } = await findHigherPriority(trx, installationId, priority, isTurn, at)
  if (isHigherWaiting) return { granted: false, until: nextSlotAfter(at) }
  // It keeps its place, and the slot stays free for the publication, which the same lane tries next.
  if (isPublicationFirst) return { granted: false, until: at }
  await saveBudget(trx, installationId, countWrite(reservation.budget, isPublication), now())
  return reservation
}

/** GitHub's rate limit applies until then: every process waits, also after a restart. */
export async function blockInstallation(
  database: Database,
  installationId: number,
  until: Instant,
  now: () => Instant,
): Promise<void> {
  await database.kysely.transaction().execute(async (trx) => {
    const budget = await lockBudget(trx, installationId, UNSPENT_BUDGET, now())
    await saveBudget(trx, installationId, blockBudgetUntil(budget, until), now())
  })
}
