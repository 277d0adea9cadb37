import { type Insertable, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { CLAIM_MS } from './claims.ts'
import type { Database, Transaction } from './database.ts'
import { isNotHeld } from './holds.ts'
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

/** Is it a reply that is to be written there? For a query over `effects`. */
export function isReplyOn(repositoryId: number, issueNumber: number): RawBuilder<boolean> {
  return sql<boolean>`effects.repository_id = ${repositoryId} and effects.document ->> 'issueNumber' = ${String(issueNumber)}`
}

/**
 * Of a reply: nothing is due before it at the same issue. Whoever takes it takes the others too, so nobody else may be
 * holding one of those meanwhile.
 */
export function isFirstReply(now: Instant): RawBuilder<boolean> {
  return sql<boolean>`not exists (
    select from effects as first
    where first.type = 'reply' and first.state = 'due' and first.due_at <= ${now} and first.id < effects.id
      and first.repository_id = effects.repository_id
      and first.document ->> 'issueNumber' = effects.document ->> 'issueNumber')`
}

type WriteEffectType = Exclude<Tables['effects']['type']['__select__'], 'ask'>

/** Effects of a type that want to write, and since when the first of them has been there. */
export type PendingWrite = { readonly type: WriteEffectType; readonly since: Instant }

/**
 * The types of effects of an installation that are due by then and want to write. A reaction counts from the moment that
 * somebody's permission is being asked: whoever takes a slot meanwhile would make it wait for the next.
 */
export async function listPendingWrites(
  trx: Transaction,
  installationId: number,
  by: Instant,
  now: Instant,
): Promise<readonly PendingWrite[]> {
  const { rows } = await sql<PendingWrite>`
    select case effects.type when 'ask' then 'react' else effects.type end as type, min(effects.created_at) as since
    from effects join repositories on repositories.id = effects.repository_id
    where effects.state = 'due' and effects.due_at <= ${by}
      and repositories.installation_id = ${installationId} and repositories.removed_at is null
      and case effects.type
        when 'ask' then effects.key like 'permission/command/%'
          and effects.created_at > ${now}::timestamptz - interval '3 seconds'
        when 'dispatch' then (effects.claim_token is null or effects.claimed_until <= ${now}) and (${isNotHeld})
        else effects.claim_token is null or effects.claimed_until <= ${now} end
    group by 1`.execute(trx)
  return rows
}

/** How many reactions of an installation were sent since. */
export async function countReactionsSince(trx: Transaction, installationId: number, since: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from effects join repositories on repositories.id = effects.repository_id
    where effects.type = 'react' and effects.state = 'done' and effects.updated_at > ${since}
      and repositories.installation_id = ${installationId}`.execute(trx)
  return rows[0]?.count ?? 0
}

/** How many reactions and replies went to people who may not write to the repository since. */
export async function countAnswersToReadersSince(
  { kysely }: Database,
  repositoryId: number,
  since: Instant,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from effects
    where repository_id = ${repositoryId} and type in ('react', 'reply') and state = 'done' and updated_at > ${since}
      and document ->> 'mayWrite' = 'false'`.execute(kysely)
  return rows[0]?.count ?? 0
}
