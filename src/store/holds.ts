// Holds on repositories and on everything. A repository's is a column of its row and changes under that row's lock. The
// operator's is one row, which every transaction that starts an attempt locks for share: so a hold waits for attempts
// that are being started, they wait for it, and after its commit nothing starts.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ActiveHold, HoldOrRelease, OuterHolds } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** The current holds and releases outside the pipelines of a repository: its own, and the operator's. */
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

/** One more than is shown, so that the board knows that there are more. */
const MAX_HELD_PLACES = 21

/** The operator's hold first, then the visible repositories that have been held longest. */
export async function listHeldPlaces(trx: Transaction, isSeen: RawBuilder<SqlBool>): Promise<readonly ActiveHold[]> {
  const { rows } = await sql<ActiveHold>`
    (select null as repository, hold_or_release as hold from global_hold where hold_or_release ->> 'reason' is not null)
    union all
    (select full_name, hold_or_release from repositories where hold_or_release ->> 'reason' is not null and ${isSeen}
      order by hold_or_release ->> 'since', id limit ${MAX_HELD_PLACES})
    union all
    (select full_name, held from repositories, jsonb_array_elements(workflow_holds) as held
      where workflow_holds <> '[]' and ${isSeen} order by id, held ->> 'workflow' limit ${MAX_HELD_PLACES})`.execute(
    trx,
  )
  return rows
}

/** The operator's latest hold or release; it cannot change until the transaction ends. */
export async function loadGlobalHold(trx: Transaction): Promise<HoldOrRelease | null> {
  const row = await trx.selectFrom('globalHold').select('holdOrRelease').forShare().executeTakeFirst()
  return row?.holdOrRelease ?? null
}

/** The operator's latest hold or release, locked against `loadGlobalHold` until the transaction ends. */
export async function lockGlobalHold(trx: Transaction): Promise<HoldOrRelease | null> {
  const row = await trx.selectFrom('globalHold').select('holdOrRelease').forUpdate().executeTakeFirst()
  return row?.holdOrRelease ?? null
}

/** Has a hold ended, or is a hold or a release still to be fanned out? */
export async function areHoldsDue({ kysely }: Database, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ areDue: boolean }>`
    select exists (select from repositories where hold_or_release ->> 'until' <= ${now})
      or exists (select from repositories where hold_fan_out_cursor is not null)
      or exists (select from global_hold where hold_or_release ->> 'until' <= ${now} or fan_out_cursor is not null)
      as "areDue"`.execute(kysely)
  return rows[0]?.areDue ?? false
}

/** Repositories whose hold has ended, locked. */
export async function lockEndedRepositoryHolds(trx: Transaction, now: Instant, most: number) {
  return await trx
    .selectFrom('repositories')
    .select(['id', 'holdOrRelease'])
    .where(sql<SqlBool>`hold_or_release ->> 'until' <= ${now}`)
    .orderBy('id')
    .limit(most)
    .forUpdate()
    .execute()
}

/** Writes what stands for a repository once its hold has ended, and fans it out. */
export async function saveRepositoryHold(trx: Transaction, id: number, holdOrRelease: HoldOrRelease | null) {
  const document = holdOrRelease && JSON.stringify(holdOrRelease)
  await trx
    .updateTable('repositories')
    .set({ holdOrRelease: document, holdFanOutCursor: 0 })
    .where('id', '=', id)
    .execute()
}

/** Writes the operator's hold or release, which is then fanned out to every repository. */
export async function saveGlobalHold(trx: Transaction, holdOrRelease: HoldOrRelease | null): Promise<void> {
  await trx
    .updateTable('globalHold')
    .set({ holdOrRelease: holdOrRelease && JSON.stringify(holdOrRelease), fanOutCursor: 0 })
    .execute()
}

/**
 * Passes the operator's hold or release on to some repositories; resolves to how many. Its row is not locked meanwhile,
 * because repositories come before it in the order of locks. A newer hold or release starts again from the first.
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
 * Makes some pipelines of a repository due to wake, because a hold or a release outside them changes what they show and
 * may let a queued attempt start. Resolves to how many, and to 1 when none was left.
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
 * Condition on a dispatch effect and its repository: it is not held. A held dispatch stays unclaimed, because a claim
 * uses a slot; the check that decides is made just before it is sent (apply/recheck-holds.ts).
 */
export const isNotHeld = sql<SqlBool>`
  repositories.hold_or_release ->> 'reason' is null
  and not exists (
    select from jsonb_array_elements(repositories.workflow_holds) as held
    where held ->> 'workflow' = effects.document ->> 'workflow'
      and held -> 'probe' ->> 'key' is distinct from effects.document ->> 'attemptKey')
  and not exists (select from global_hold where global_hold.hold_or_release ->> 'reason' is not null)
  and not exists (
    select from pipelines
    where pipelines.id = effects.pipeline_id and effects.document ->> 'stage' = any (pipelines.held_stages))`

/** Lights to which outer holds apply: a pipeline that is done or idle has nothing that could start. */
export const ACTIVE_LIGHTS = ['running', 'review', 'queued', 'failed'] as const
