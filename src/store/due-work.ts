// What is due now, in one query, and when something is due next. Neither query locks or claims, so another process may
// claim the work first.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'
import { isNotHeld } from './holds.ts'
import { needsPublishing } from './publish-claims.ts'
import { asksAboutPresence, hasFreeSlot, isReached, isUnblocked, WITH_REACH } from './reach.ts'
import type { Tables } from './tables.ts'

type EffectType = Tables['effects']['type']['__select__']

/** Kinds of outbox work: effects by type, sent effects that must be recovered, and publications. */
export type DueKind = EffectType | 'ask permission' | `recover ${EffectType}` | 'publish'

/** How much of one kind of an installation's work is due. */
export type DueWork = { readonly installationId: number; readonly kind: DueKind; readonly count: number }

/** The work that could be claimed now. */
export async function findDueWork({ kysely }: Database, now: Instant): Promise<readonly DueWork[]> {
  const mayPublish = sql`(${isReached} and ${isUnblocked(now)} and ${hasFreeSlot(now)})`
  const { rows } = await sql<DueWork>`
    select repositories.installation_id as "installationId", case
        when effects.state <> 'due' then 'recover ' || effects.type
        when effects.key like 'permission/command/%' then 'ask permission'
        else effects.type end as kind, count(*)::integer as count
    from effects join repositories on repositories.id = effects.repository_id ${WITH_REACH}
    where effects.state in ('due', 'sending', 'unconfirmed') and effects.due_at <= ${now}
      and (effects.claim_token is null or effects.claimed_until <= ${now}) and ${isUnblocked(now)}
      and (${isReached} or ${asksAboutPresence})
      and (effects.state <> 'due' or effects.type = 'ask' or ${hasFreeSlot(now)})
      and (effects.state <> 'due' or effects.type <> 'dispatch' or (${isNotHeld}))
    group by 1, 2
    union all
    select repositories.installation_id, 'publish', count(*)::integer
    from pipelines join repositories on repositories.id = pipelines.repository_id ${WITH_REACH}
    where ${needsPublishing('pipelines', now)} and ${mayPublish}
    group by 1
    union all
    select repositories.installation_id, 'publish', count(*)::integer
    from repositories ${WITH_REACH}
    where ${needsPublishing('repositories', now)} and ${mayPublish}
    group by 1`.execute(kysely)
  return rows
}

/**
 * The first time after `since` at which something becomes due by itself; null when nothing will. Work that was due
 * before and still waits is waiting for a commit, and commits are notified.
 */
export async function findNextDueAt({ kysely }: Database, since: Instant): Promise<Instant | null> {
  const first = (column: string, table: string, which: RawBuilder<unknown>) =>
    sql`(select min(${sql.ref(column)}) from ${sql.table(table)} where ${which} and ${sql.ref(column)} > ${since})`
  const pending = sql`state in ('due', 'sending', 'unconfirmed')`
  const behind = sql`published_revision < revision`
  const moments = [
    first('due_at', 'effects', pending),
    first('claimed_until', 'effects', sql`${pending} and claim_token is not null`),
    ...['pipelines', 'repositories'].flatMap((table) => [
      first('publish_after', table, behind),
      first('publish_claimed_until', table, sql`${behind} and publish_claim_token is not null`),
    ]),
    first('wake_at', 'pipelines', sql`true`),
    first('turns_at', 'pipelines', sql`is_open`),
    first('admit_at', 'repositories', sql`true`),
    first('next_write_at', 'budgets', sql`true`),
    first('blocked_until', 'budgets', sql`true`),
    first('due_at', 'chores', sql`true`),
    first('due_at', 'news', sql`due_at is not null`),
    first('due_at', 'pushes', sql`true`),
    first('claimed_until', 'pushes', sql`claimed_until is not null`),
    ...['repositories', 'global_hold'].map(
      (table) => sql`(select min(hold_or_release ->> 'until')::timestamptz from ${sql.table(table)}
        where hold_or_release ->> 'until' > ${since})`,
    ),
  ]
  const { rows } = await sql<{ at: Instant | null }>`select least(${sql.join(moments)}) as at`.execute(kysely)
  return rows[0]?.at ?? null
}
