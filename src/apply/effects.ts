import { sql } from 'kysely'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { Arrival } from './arrival.ts'

/** Marks the effects done that the group answers; resolves to the places of answers whose claim somebody else took meanwhile. */
export async function claimAnswers(
  trx: Transaction,
  group: readonly Arrival[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  const answers = group.flatMap(({ effect }, place) => (effect === undefined ? [] : [{ place, ...effect }]))
  if (answers.length === 0) return new Set()
  const tokens = JSON.stringify(answers.map(({ id, token }) => ({ id, token })))
  const { rows } = await sql<{ id: number }>`
    update effects set state = 'done', error = null, token = null, claimed_until = null, updated_at = ${now}
    from jsonb_to_recordset(${tokens}::jsonb) as answer(id bigint, token uuid)
    where effects.state = 'due' and effects.id = answer.id and effects.token = answer.token
    returning effects.id`.execute(trx)
  const done = new Set(rows.map(({ id }) => id))
  return new Set(answers.filter(({ id }) => !done.has(id)).map(({ place }) => place))
}
