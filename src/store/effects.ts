import { type Insertable, sql } from 'kysely'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** The same key is the same effect: whoever decided it first, it is there once. */
export async function saveEffects(trx: Transaction, rows: readonly Insertable<Tables['effects']>[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('effects')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['repositoryId', 'key']).doNothing())
    .execute()
}

/** An effect in hand: whoever holds the token may say what came of it. */
export type Held = { readonly id: number; readonly token: string }

/** Marks effects done; resolves to the ids of those whose claim was still held. */
export async function finishEffects(
  trx: Transaction,
  held: readonly Held[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  if (held.length === 0) return new Set()
  const tokens = JSON.stringify(held.map(({ id, token }) => ({ id, token })))
  const { rows } = await sql<{ id: number }>`
    update effects set state = 'done', error = null, token = null, claimed_until = null, updated_at = ${now}
    from jsonb_to_recordset(${tokens}::jsonb) as answer(id bigint, token uuid)
    where effects.state = 'due' and effects.id = answer.id and effects.token = answer.token
    returning effects.id`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}
