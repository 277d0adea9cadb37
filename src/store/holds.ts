// The cord as the database keeps it. A repository's word is a column of its row and changes under that row's lock. The
// operator's is one row that whoever is about to start anything locks for share: so pulling it waits for those who are
// starting, they wait for it, and after its commit nothing starts.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ActiveHold, HoldOrRelease, OuterHolds } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** What lies around the pipelines of a repository at this moment. */
export async function loadOuterHolds(
  kysely: Database['kysely'] | Transaction,
  repositoryId: number,
): Promise<OuterHolds> {
  const row = await kysely
    .selectFrom('repositories')
    .select([
      'holdOrRelease as repository',
      (eb) => eb.selectFrom('globalHold').select('globalHold.holdOrRelease').as('everything'),
    ])
    .where('id', '=', repositoryId)
    .executeTakeFirst()
  return row ?? { repository: null, everything: null }
}

/** One more than is shown: then it is known that there are more. */
const MAX_HELD_PLACES = 21

/** What is held whole: everything first, then of the repositories that are seen those held longest. */
export async function listHeldPlaces(trx: Transaction, isSeen: RawBuilder<SqlBool>): Promise<readonly ActiveHold[]> {
  const { rows } = await sql<ActiveHold>`
    (select null as repository, hold_or_release as hold from global_hold where hold_or_release ->> 'reason' is not null)
    union all
    (select full_name, hold_or_release from repositories where hold_or_release ->> 'reason' is not null and ${isSeen}
      order by hold_or_release ->> 'since', id limit ${MAX_HELD_PLACES})`.execute(trx)
  return rows
}

/** The last word about everything; it stays so until the transaction ends. */
export async function loadGlobalHold(trx: Transaction): Promise<HoldOrRelease | null> {
  const row = await trx.selectFrom('globalHold').select('holdOrRelease').forShare().executeTakeFirst()
  return row?.holdOrRelease ?? null
}

/** The last word about everything, and nobody reads it for share until the transaction ends. */
export async function lockGlobalHold(trx: Transaction): Promise<HoldOrRelease | null> {
  const row = await trx.selectFrom('globalHold').select('holdOrRelease').forUpdate().executeTakeFirst()
  return row?.holdOrRelease ?? null
}

/** Writes the word about everything; from here on it is to be passed on to every repository. */
export async function saveGlobalHold(trx: Transaction, holdOrRelease: HoldOrRelease): Promise<void> {
  await trx
    .updateTable('globalHold')
    .set({ holdOrRelease: JSON.stringify(holdOrRelease), fanOutCursor: 0 })
    .execute()
}

/**
 * Passes the word about everything on to some repositories; resolves to how many. The row is not locked meanwhile:
 * repositories come before it in the order of locks. A newer word starts again from the first.
 */
export async function fanOutGlobalHold(trx: Transaction, most: number): Promise<number> {
  const row = await trx.selectFrom('globalHold').select('fanOutCursor').executeTakeFirst()
  const from = row?.fanOutCursor ?? null
  if (from === null) return 0
  const next = await trx
    .selectFrom('repositories')
    .select('id')
    .where('id', '>', from)
    .orderBy('id')
    .limit(most)
    .forUpdate()
    .execute()
  const ids = next.map(({ id }) => id)
  if (ids.length > 0)
    await trx.updateTable('repositories').set({ holdFanOutCursor: 0 }).where('id', 'in', ids).execute()
  const fanOutCursor = ids.length < most ? null : (ids.at(-1) ?? null)
  await trx.updateTable('globalHold').set({ fanOutCursor }).where('fanOutCursor', '=', from).execute()
  return Math.max(1, ids.length)
}

/**
 * Has some pipelines of a repository woken, because a word was said about what lies around them: they read otherwise
 * from now on, and what waited may start. Resolves to how much was done.
 */
export async function fanOutRepositoryHold(trx: Transaction, most: number, now: Instant): Promise<number> {
  const repository = await trx
    .selectFrom('repositories')
    .select(['id', 'holdFanOutCursor'])
    .where('holdFanOutCursor', 'is not', null)
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (repository === undefined) return 0
  const { rows } = await sql<{ issueNumber: number }>`
    update pipelines set wake_at = least(coalesce(wake_at, ${now}), ${now})
    where id in (
      select id from pipelines
      where repository_id = ${repository.id} and issue_number > ${repository.holdFanOutCursor} and light = any (${ACTIVE_LIGHTS}::text[])
      order by issue_number limit ${most})
    returning issue_number`.execute(trx)
  const last = Math.max(0, ...rows.map(({ issueNumber }) => issueNumber))
  const holdFanOutCursor = rows.length < most ? null : last
  await trx.updateTable('repositories').set({ holdFanOutCursor }).where('id', '=', repository.id).execute()
  return Math.max(1, rows.length)
}

/**
 * Of a dispatch effect and its repository: it is not held. What is held waits unclaimed, because a claim takes a slot; the
 * look that counts is taken when it is about to be sent.
 */
export const isNotHeld = sql<SqlBool>`
  repositories.hold_or_release ->> 'reason' is null
  and not exists (select from global_hold where global_hold.hold_or_release ->> 'reason' is not null)
  and not exists (
    select from pipelines
    where pipelines.id = effects.pipeline_id and effects.document ->> 'stage' = any (pipelines.held_stages))`

/** What is done or idle has nothing that could start: no cord around it holds it. */
export const ACTIVE_LIGHTS = ['running', 'review', 'queued', 'failed'] as const
