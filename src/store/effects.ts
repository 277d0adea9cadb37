import { type Insertable, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { CLAIM_MS } from './claims.ts'
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

/** What came of an effect in hand; only whoever has its token may say so. */
export type EffectResult = {
  readonly id: number
  readonly token: string
  /** `sending` begins the claim anew: the call is made under it. Any other state hands the effect back. */
  readonly state: 'sending' | 'done' | 'refused' | 'unconfirmed' | 'due' | 'buried'
  /** When it is to be taken up again, if it is; the moment of the settlement when left out. */
  readonly dueAt?: Instant
  /** Why it is not done, in words. */
  readonly error?: string
  /** It was looked for and not found: counted, and when. */
  readonly missed?: boolean
  /** To wait because GitHub asks for it is not a try. */
  readonly isSnooze?: boolean
}

/** Writes what came of effects; resolves to the ids of those whose claim was still held. */
export async function saveEffectResults(
  trx: Transaction,
  settlements: readonly EffectResult[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  if (settlements.length === 0) return new Set()
  const claimedUntil = new Date(Date.parse(now) + CLAIM_MS).toISOString()
  const { rows } = await sql<{ id: number }>`
    update effects set
      state = told.state,
      due_at = coalesce(told."dueAt", ${now}),
      error = told.error,
      claim_token = case when told.state = 'sending' then effects.claim_token end,
      claimed_until = case when told.state = 'sending' then ${claimedUntil}::timestamptz end,
      sent_at = case when told.state = 'sending' then ${now} else effects.sent_at end,
      misses = case when told.state = 'sending' then 0 else effects.misses + coalesce(told.missed, false)::integer end,
      missed_at = case when told.missed then ${now} else effects.missed_at end,
      tries = effects.tries - coalesce(told."isSnooze", false)::integer,
      updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(settlements)}::jsonb)
      as told(id bigint, token uuid, state text, "dueAt" timestamptz, error text, missed boolean, "isSnooze" boolean)
    where effects.state in ('due', 'sending', 'unconfirmed') and effects.id = told.id and effects.claim_token = told.token
    returning effects.id`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

export type EffectKey = { readonly repositoryId: number; readonly key: string }

/** Marks effects done by their keys, whoever has them in hand: what they were to bring about is seen to be there. */
export async function completeEffects(trx: Transaction, keys: readonly EffectKey[], now: Instant): Promise<void> {
  if (keys.length === 0) return
  await sql`
    update effects set state = 'done', error = null, claim_token = null, claimed_until = null, updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as seen("repositoryId" bigint, key text)
    where effects.repository_id = seen."repositoryId" and effects.key = seen.key and effects.state <> 'done'`.execute(
    trx,
  )
}
