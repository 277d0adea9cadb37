import type { Instant } from '../pipeline/model/time.ts'
import { lockBudget, saveBudget } from '../store/budgets.ts'
import type { Database, Transaction } from '../store/database.ts'
import { isHigherPriorityWaiting, type WritePriority } from './priority.ts'
import {
  blockBudgetUntil,
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
  const reservation = reserveSlot(budget, write, at)
  if (reservation.granted && (await isHigherPriorityWaiting(trx, installationId, priority, at))) {
    return { granted: false, until: nextSlotAfter(at) }
  }
  if (reservation.granted) await saveBudget(trx, installationId, reservation.budget, now())
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
