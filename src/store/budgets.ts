import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

/** The writes of an installation, as they are stored. */
export type BudgetRow = {
  readonly nextWriteAt: Instant
  readonly blockedUntil: Instant
  readonly creations: readonly Instant[]
  readonly writesSincePublication: number
}

/** Locks the budget of an installation until the transaction ends; a missing row is inserted as `unspent`. */
export async function lockBudget(
  trx: Transaction,
  installationId: number,
  { creations, ...unspent }: BudgetRow,
  at: Instant,
): Promise<BudgetRow> {
  await trx
    .insertInto('budgets')
    .values({ installationId, ...unspent, creations: JSON.stringify(creations), updatedAt: at })
    .onConflict((conflict) => conflict.column('installationId').doNothing())
    .execute()
  return await trx
    .selectFrom('budgets')
    .select(['nextWriteAt', 'blockedUntil', 'creations', 'writesSincePublication'])
    .where('installationId', '=', installationId)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

export async function saveBudget(
  trx: Transaction,
  installationId: number,
  { creations, ...budget }: BudgetRow,
  at: Instant,
): Promise<void> {
  await trx
    .updateTable('budgets')
    .set({ ...budget, creations: JSON.stringify(creations), updatedAt: at })
    .where('installationId', '=', installationId)
    .execute()
}
