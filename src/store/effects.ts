import { type Insertable, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { claimEnd } from './claims.ts'
import type { Database, Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** Inserts effects. An effect with the same key exists once, however often it is decided. */
export async function saveEffects(trx: Transaction, rows: readonly Insertable<Tables['effects']>[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('effects')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['repositoryId', 'key']).doNothing())
    .execute()
}

/** The result of a claimed effect; it counts only with the claim's token. */
export type EffectResult = {
  readonly id: number
  readonly token: string
  /** `sending` renews the claim, because the call is made under it. Every other state releases it. */
  readonly state: 'sending' | 'done' | 'refused' | 'unconfirmed' | 'due' | 'buried'
  /** When it is due again, if it is; now by default. */
  readonly dueAt?: Instant
  /** Why it is not done, in words. */
  readonly error?: string
  /** A lookup did not find it; the miss is counted, with its time. */
  readonly missed?: boolean
  /** It only waits, for a rate limit or a hold; that is not counted as a try. */
  readonly isSnooze?: boolean
}

/** Saves results of effects; resolves to the ids of those whose claim was still valid. */
export async function saveEffectResults(
  trx: Transaction,
  results: readonly EffectResult[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  if (results.length === 0) return new Set()
  const { rows } = await sql<{ id: number }>`
    update effects set
      state = result.state,
      due_at = coalesce(result."dueAt", ${now}),
      error = result.error,
      claim_token = case when result.state = 'sending' then effects.claim_token end,
      claimed_until = case when result.state = 'sending' then ${claimEnd(now)}::timestamptz end,
      sent_at = case when result.state = 'sending' then ${now} else effects.sent_at end,
      misses = case when result.state = 'sending' then 0 else effects.misses + coalesce(result.missed, false)::integer end,
      missed_at = case when result.missed then ${now} else effects.missed_at end,
      tries = effects.tries - coalesce(result."isSnooze", false)::integer,
      updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
      as result(id bigint, token uuid, state text, "dueAt" timestamptz, error text, missed boolean, "isSnooze" boolean)
    where effects.state in ('due', 'sending', 'unconfirmed') and effects.id = result.id and effects.claim_token = result.token
    returning effects.id`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

export type EffectKey = { readonly repositoryId: number; readonly key: string }

/** Completes effects by their keys, claimed or not: GitHub already shows what they were to bring about. */
export async function completeEffects(trx: Transaction, keys: readonly EffectKey[], now: Instant): Promise<void> {
  if (keys.length === 0) return
  await sql`
    update effects set state = 'done', error = null, claim_token = null, claimed_until = null, updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as seen("repositoryId" bigint, key text)
    where effects.repository_id = seen."repositoryId" and effects.key = seen.key and effects.state <> 'done'`.execute(
    trx,
  )
}

/** The state of the effect with that key; null when none was ever decided. */
export async function loadEffectState({ kysely }: Database, { repositoryId, key }: EffectKey) {
  const found = await kysely
    .selectFrom('effects')
    .select('state')
    .where('repositoryId', '=', repositoryId)
    .where('key', '=', key)
    .executeTakeFirst()
  return found?.state ?? null
}
