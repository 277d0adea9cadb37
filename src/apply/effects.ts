import { sql } from 'kysely'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { Arrival } from './arrival.ts'

/** Marks the effects done that the group answers; `late` are answers whose claim somebody else took meanwhile. */
export async function claimAnswers(
  trx: Transaction,
  group: readonly Arrival[],
  now: Instant,
): Promise<{ readonly late: ReadonlySet<Arrival> }> {
  const answers = group.flatMap((arrival) => (arrival.effect === undefined ? [] : [{ arrival, ...arrival.effect }]))
  if (answers.length === 0) return { late: new Set() }
  const tokens = JSON.stringify(answers.map(({ id, token }) => ({ id, token })))
  const { rows } = await sql<{ id: number }>`
    update effects set state = 'done', error = null, token = null, claimed_until = null, updated_at = ${now}
    where state = 'due' and (id, token) in (select id, token from jsonb_to_recordset(${tokens}::jsonb) as answer(id bigint, token uuid))
    returning id`.execute(trx)
  const done = new Set(rows.map(({ id }) => id))
  return { late: new Set(answers.filter(({ id }) => !done.has(id)).map(({ arrival }) => arrival)) }
}
