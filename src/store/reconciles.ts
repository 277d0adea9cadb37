// Which pipelines are read from GitHub next, though nothing has arrived about them, and what came of it.
import { type SqlBool, sql } from 'kysely'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'
import { isReached, isUnblocked } from './reach.ts'

/** A pipeline whose turn it is, and what the last reading is called. */
export type DueReconcile = {
  readonly id: number
  readonly document: Pipeline
  readonly repositoryId: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly installationId: number
  readonly etags: Readonly<Record<string, string>>
  /** Null where the last reading succeeded. */
  readonly failingSince: Instant | null
}

/** Longer than the requests about one pipeline may take. */
const CLAIM_MS = 3 * 60_000

/** Claims those that have waited longest, but for those of some installations. A claim expires by itself. */
export async function claimReconciles(
  { kysely }: Database,
  o: { readonly now: Instant; readonly limit: number; readonly without: readonly number[] },
): Promise<readonly DueReconcile[]> {
  const { rows } = await sql<{ id: number }>`
    update pipelines set reconcile_at = ${millisecondsAfter(o.now, CLAIM_MS)}
    where id in (
      select pipelines.id from pipelines
        join repositories on repositories.id = pipelines.repository_id
        join installations on installations.id = repositories.installation_id
        left join budgets on budgets.installation_id = repositories.installation_id
      where pipelines.reconcile_at <= ${o.now} and ${isReached} and ${isUnblocked(o.now)}
        and repositories.installation_id <> all (${[...o.without]}::bigint[])
      order by pipelines.reconcile_at limit ${o.limit} for update of pipelines skip locked)
    returning id`.execute(kysely)
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => Number(id))
  return await kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .leftJoin('reconciles', 'reconciles.pipelineId', 'pipelines.id')
    .select(['pipelines.id', 'pipelines.document', 'pipelines.repositoryId', 'fullName', 'private', 'defaultBranch'])
    .select(['installationId', 'reconciles.failingSince'])
    .select(sql<DueReconcile['etags']>`coalesce(reconciles.etags, '{}')`.as('etags'))
    .where('pipelines.id', 'in', ids)
    .orderBy('pipelines.id')
    .execute()
}

/** Saves what a reading came to: `error` null where everything was read. Ends the claim. */
export async function saveReconcile(
  { kysely }: Database,
  { id, repositoryId }: Pick<DueReconcile, 'id' | 'repositoryId'>,
  o: {
    readonly now: Instant
    readonly nextAt: Instant
    readonly repaired: number
    readonly etags: DueReconcile['etags']
    readonly error: string | null
    /** Until when its light counts as known by this reading; null where that confirmed nothing. */
    readonly knownUntil: Instant | null
  },
): Promise<void> {
  const { now, repaired, error } = o
  const etags = JSON.stringify(o.etags)
  const wasRepaired = repaired > 0 && { repairedAt: now }
  const isWell = error === null
  const read = { etags, error, ...(isWell && { readAt: now }), ...wasRepaired }
  await kysely
    .insertInto('reconciles')
    .values({ pipelineId: id, ...read, repaired, failingSince: isWell ? null : now })
    .onConflict((conflict) =>
      conflict.column('pipelineId').doUpdateSet({
        ...read,
        repaired: sql<number>`reconciles.repaired + ${repaired}`,
        failingSince: isWell ? null : sql<Instant>`coalesce(reconciles.failing_since, ${now})`,
      }),
    )
    .execute()
  await kysely.transaction().execute(async (trx) => {
    const outdated = trx.selectFrom('pipelines').select('id').where('id', '=', id).where('knownUntil', '<=', now)
    const isKnownAgain = o.knownUntil !== null && (await outdated.executeTakeFirst()) !== undefined
    // What is counted changes: as with every other change of it, under the repository's lock.
    if (isKnownAgain)
      await trx.selectFrom('repositories').select('id').where('id', '=', repositoryId).forUpdate().execute()
    await trx
      .updateTable('pipelines')
      .set({
        reconcileAt: sql`case when reconcile_at is null then null else ${o.nextAt}::timestamptz end`,
        ...(o.knownUntil !== null && {
          knownUntil: sql`case when known_until is null then null else greatest(known_until, ${o.knownUntil}) end`,
        }),
        ...(isKnownAgain && { wakeAt: sql`least(wake_at, ${now})` }),
      })
      .where('id', '=', id)
      .execute()
  })
}

/** Lets every pipeline be read now: what GitHub sent meanwhile may be lost. Locks them in the door's order. */
export async function bringReconcilesForward({ kysely }: Pick<Database, 'kysely'>, now: Instant): Promise<void> {
  await sql`update pipelines set reconcile_at = ${now}
    where id in (select id from pipelines where reconcile_at > ${now} order by id for update)`.execute(kysely)
}

/** Lets the pipeline be read now, unless it just was. */
export async function bringReconcileForward({ kysely }: Database, id: number, now: Instant): Promise<void> {
  await sql`update pipelines set reconcile_at = ${now}
    where reconcile_at > ${now} and id = (select id from pipelines where id = ${id} for update skip locked)
      and not exists (
        select from reconciles where pipeline_id = ${id} and read_at > ${millisecondsAfter(now, -JUST_NOW_MS)})`.execute(
    kysely,
  )
}

const JUST_NOW_MS = 60_000

/** What was cut off of GitHub's log has been made up for, once everything that is not over was read since. */
export async function endCutOffs({ kysely }: Database, now: Instant): Promise<void> {
  await kysely
    .updateTable('sweeps')
    .set({ cutOffReconciledAt: now })
    .where('cutOffAt', 'is not', null)
    .where('cutOffReconciledAt', 'is', null)
    .where(
      sql<SqlBool>`not exists (
        select from pipelines
          join repositories on repositories.id = pipelines.repository_id
          join installations on installations.id = repositories.installation_id
          left join reconciles on reconciles.pipeline_id = pipelines.id
        where pipelines.reconcile_at is not null and ${isReached}
          and coalesce(reconciles.read_at, '-infinity') < sweeps.cut_off_at)`,
    )
    .execute()
}

export type ReconcileReport = {
  /** Pipelines that are not over. */
  readonly open: number
  /** Of these, when the one was read that was read longest ago; null where one never was. */
  readonly oldestAt: Instant | null
  readonly lastAt: Instant | null
  /** How often GitHub showed what nothing had told of. */
  readonly repaired: number
  readonly repairedAt: Instant | null
  /** Pipelines that cannot be read now. */
  readonly failing: number
}

export async function loadReconcileReport({ kysely }: Database): Promise<ReconcileReport> {
  const { rows } = await sql<ReconcileReport>`
    select count(pipelines.id)::integer as open,
      case when bool_or(pipelines.id is not null and read_at is null) then null
        else min(read_at) filter (where pipelines.id is not null) end as "oldestAt",
      max(read_at) as "lastAt", coalesce(sum(repaired), 0)::integer as repaired, max(repaired_at) as "repairedAt",
      (count(*) filter (where pipelines.id is not null and failing_since is not null))::integer as failing
    from (select id from pipelines where reconcile_at is not null) as pipelines
      full join reconciles on pipeline_id = pipelines.id`.execute(kysely)
  const [report] = rows
  return report ?? { open: 0, oldestAt: null, lastAt: null, repaired: 0, repairedAt: null, failing: 0 }
}
