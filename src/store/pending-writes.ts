// What else waits to write, and how much was written: the input of priorities and quotas.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { isNotHeld } from './holds.ts'
import type { Tables } from './tables.ts'

/** Condition on a reply: it belongs to this issue or pull request. */
export function isReplyOn(repositoryId: number, issueNumber: number): RawBuilder<boolean> {
  return sql<boolean>`effects.repository_id = ${repositoryId} and effects.document ->> 'issueNumber' = ${String(issueNumber)}`
}

/**
 * Condition on a reply: it is the first that is due on its issue or pull request. Its claim takes the others too, so no
 * other claim may start in their middle.
 */
export function isFirstReply(now: Instant): RawBuilder<boolean> {
  return sql<boolean>`not exists (
    select from effects as first
    where first.type = 'reply' and first.state = 'due' and first.due_at <= ${now} and first.id < effects.id
      and first.repository_id = effects.repository_id
      and first.document ->> 'issueNumber' = effects.document ->> 'issueNumber')`
}

type WriteEffectType = Exclude<Tables['effects']['type']['__select__'], 'ask'>

/** A type of effects that wait to write, and when the oldest of them was decided. */
export type PendingWrite = { readonly type: WriteEffectType; readonly since: Instant }

/**
 * The types of an installation's effects that are due by then and wait to write. A reaction counts as soon as the
 * sender's permission is asked: any other write meanwhile would make it wait for the next slot.
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

/** How many dispatches, replies and reactions of an installation wait to be sent, now or later. */
export async function countPendingCreations(trx: Transaction, installationId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from effects join repositories on repositories.id = effects.repository_id
    where effects.state = 'due' and effects.type in ('dispatch', 'reply', 'react')
      and (effects.type <> 'dispatch' or (${isNotHeld}))
      and repositories.installation_id = ${installationId} and repositories.removed_at is null`.execute(trx)
  return rows[0]?.count ?? 0
}

/** How many reactions of an installation were sent since then. */
export async function countReactionsSince(trx: Transaction, installationId: number, since: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from effects join repositories on repositories.id = effects.repository_id
    where effects.type = 'react' and effects.state = 'done' and effects.updated_at > ${since}
      and repositories.installation_id = ${installationId}`.execute(trx)
  return rows[0]?.count ?? 0
}

/** How many reactions and replies people without write permission got in the repository since then. */
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
