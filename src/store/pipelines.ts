import { type Insertable, sql } from 'kysely'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { isReached } from './reach.ts'
import { accessProblemsColumn } from './shown-access-problems.ts'
import type { Tables } from './tables.ts'

/** Inserts or updates: the unique key on repository and issue number decides which. Resolves to the ids. */
export async function savePipelines(trx: Transaction, rows: readonly Insertable<Tables['pipelines']>[]) {
  if (rows.length === 0) return []
  return trx
    .insertInto('pipelines')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['repositoryId', 'issueNumber']).doUpdateSet((eb) => ({
        revision: eb.ref('excluded.revision'),
        document: sql`excluded.document`,
        light: eb.ref('excluded.light'),
        stage: eb.ref('excluded.stage'),
        held: eb.ref('excluded.held'),
        heldStages: eb.ref('excluded.heldStages'),
        since: eb.ref('excluded.since'),
        needsYouAt: eb.ref('excluded.needsYouAt'),
        silentAt: eb.ref('excluded.silentAt'),
        silentHealth: eb.ref('excluded.silentHealth'),
        staleAt: eb.ref('excluded.staleAt'),
        // What has been read since is not in the document.
        knownUntil: sql`case when excluded.known_until is null then null
          else greatest(pipelines.known_until, excluded.known_until) end`,
        isUnsent: eb.ref('excluded.isUnsent'),
        awaitsFile: eb.ref('excluded.awaitsFile'),
        title: eb.ref('excluded.title'),
        people: eb.ref('excluded.people'),
        wakeAt: eb.ref('excluded.wakeAt'),
        // An event about one thing says nothing of the others, so it puts nothing off.
        reconcileAt: sql`case when excluded.reconcile_at is null then null
          else least(pipelines.reconcile_at, excluded.reconcile_at) end`,
        liveAttempts: eb.ref('excluded.liveAttempts'),
        queuedAt: eb.ref('excluded.queuedAt'),
        queuedWorkflow: eb.ref('excluded.queuedWorkflow'),
        startedAt: eb.ref('excluded.startedAt'),
        denial: eb.ref('excluded.denial'),
        updatedAt: eb.ref('excluded.updatedAt'),
        // What waits for long waits for itself: what GitHub refuses must not keep back what has changed elsewhere.
        publishAfter: sql`case when pipelines.publish_after > excluded.updated_at + interval '1 minute'
          then excluded.updated_at else pipelines.publish_after end`,
      })),
    )
    .returning(['id', 'repositoryId', 'issueNumber'])
    .execute()
}

/** Adds history entries, in their order. */
export async function saveHistory(trx: Transaction, rows: readonly Insertable<Tables['history']>[]): Promise<void> {
  if (rows.length > 0) await trx.insertInto('history').values(rows).execute()
}

/**
 * Ids of pipelines of which something is decided now, or which look different from now on, longest overdue first. Those in a
 * repository that Andon cannot reach are left out: they need GitHub's answer first, and are overdue at once when it is back.
 */
export async function listPipelinesToWake(
  { kysely }: Database,
  now: Instant,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from (
      select id, repository_id, wake_at as due_at from pipelines where wake_at <= ${now}
      union all select id, repository_id, turns_at from pipelines where is_open and turns_at <= ${now}) as due
    where exists (select from repositories join installations on installations.id = installation_id
      where repositories.id = repository_id and ${isReached})
    group by id order by min(due_at) limit ${limit}`.execute(kysely)
  return rows.map(({ id }) => Number(id))
}

/** The pipeline of an issue; null when the issue is not on the line. */
export async function loadPipeline(
  { kysely }: Database,
  repositoryId: number,
  issueNumber: number,
): Promise<Pipeline | null> {
  const row = await kysely
    .selectFrom('pipelines')
    .select('document')
    .where('repositoryId', '=', repositoryId)
    .where('issueNumber', '=', issueNumber)
    .executeTakeFirst()
  return row?.document ?? null
}

/** A pipeline to publish, with the revision that GitHub then shows, and what GitHub refuses there now. */
export async function loadPipelineToPublish(trx: Transaction, id: number, now: Instant) {
  return await trx
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .select(['pipelines.revision', 'pipelines.document', 'pipelines.knownUntil'])
    .select(accessProblemsColumn(now).as('accessProblems'))
    .where('pipelines.id', '=', id)
    .executeTakeFirstOrThrow()
}

/** The pipelines of these issues, what GitHub refuses there now, and what is stored of their repository's file. */
export async function listPipelinesWithConfiguration(
  { kysely }: Database,
  repositoryId: number,
  issueNumbers: readonly number[],
  now: Instant,
) {
  return await kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .select(['pipelines.issueNumber', 'pipelines.document', 'pipelines.knownUntil'])
    .select(['configurationProblems', 'configuration'])
    .select(accessProblemsColumn(now).as('accessProblems'))
    .where('pipelines.repositoryId', '=', repositoryId)
    .where('pipelines.issueNumber', 'in', issueNumbers)
    .execute()
}

/** Is another issue on the line on one of these pull requests? */
export async function isAnotherIssueOn(
  trx: Transaction,
  { repositoryId, issueNumber }: { readonly repositoryId: number; readonly issueNumber: number | null },
  pullRequestNumbers: readonly number[],
): Promise<boolean> {
  if (pullRequestNumbers.length === 0) return false
  const pullRequests = await trx
    .selectFrom('pullRequests')
    .select('issueNumbers')
    .where('repositoryId', '=', repositoryId)
    .where('number', 'in', pullRequestNumbers)
    .execute()
  const others = pullRequests.flatMap(({ issueNumbers }) => issueNumbers).filter((number) => number !== issueNumber)
  if (others.length === 0) return false
  const other = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', repositoryId)
    .where('issueNumber', 'in', others)
    .executeTakeFirst()
  return other !== undefined
}

/** The id of the pipeline of one of these issues; null when none of them has one. */
export async function loadPipelineIdOf(
  trx: Transaction,
  repositoryId: number,
  issueNumbers: readonly number[],
): Promise<number | null> {
  const row = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', repositoryId)
    .where('issueNumber', 'in', issueNumbers)
    .orderBy('id')
    .executeTakeFirst()
  return row?.id ?? null
}
