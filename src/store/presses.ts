// Presses of controls on the board, each once: whatever is sent again has the same id.
import { sql } from 'kysely'
import type { PressedControl } from '../advance/change.ts'
import type { ReplyItem } from '../pipeline/model/effects.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** A press as its page shows it. */
export type StoredPress = Pick<PressedControl, 'text' | 'login' | 'at'> & {
  /** Null until GitHub has said what who pressed may do. */
  readonly answer: readonly ReplyItem[] | null
  /** Why GitHub could not be asked yet; null while that was not tried, and after the answer. */
  readonly error: string | null
}

/** Keeps a press; false when it was kept before. */
export async function insertPress(trx: Transaction, press: PressedControl): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('presses')
    .values(press)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}

export async function answerPress(
  trx: Transaction,
  id: string,
  answer: readonly ReplyItem[],
  at: Instant,
): Promise<void> {
  await trx
    .updateTable('presses')
    .set({ answer: JSON.stringify(answer), answeredAt: at })
    .where('id', '=', id)
    .where('answeredAt', 'is', null)
    .execute()
}

/** One's own press. */
export async function findPress({ kysely }: Database, id: string, userId: number): Promise<StoredPress | null> {
  const { rows } = await sql<StoredPress>`
    select presses.text, presses.login, presses.at, presses.answer, effects.error
    from presses left join effects on effects.repository_id = presses.repository_id
      and effects.key = 'permission/command/board/' || presses.id and effects.state = 'due'
    where presses.id = ${id} and presses.user_id = ${userId}`.execute(kysely)
  return rows[0] ?? null
}

/** How often somebody has pressed since then. */
export async function countPressesSince({ kysely }: Database, userId: number, since: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from presses where user_id = ${userId} and at > ${since}`.execute(kysely)
  return rows[0]?.count ?? 0
}
