// Writes back what a group changed, one statement a table.
import { sql } from 'kysely'
import { issueOfRun } from '../pipeline/correlate.ts'
import { needsYouAt, wakeAt } from '../pipeline/health.ts'
import { light } from '../pipeline/light.ts'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { Change } from '../store/notify.ts'
import type { Asked, Ledger, Told } from './ledger.ts'
import type { PipelineRow, PullRequestRow, RepositoryRow, RunRow } from './rows.ts'

/** Resolves to the pipelines that changed; null when nothing did that anybody looks at or waits for. */
export async function saveLedger(ledger: Ledger, now: Instant): Promise<readonly Change[] | null> {
  const { trx, told, asked } = ledger
  const { repositories, runs, pullRequests, pipelines } = ledger.changed()
  for (const row of repositories) await saveRepository(trx, row)
  if (runs.length > 0) await saveRuns(trx, runs)
  if (pullRequests.length > 0) await savePullRequests(trx, pullRequests)
  const ids = await savePipelines(trx, pipelines, now)
  if (told.length > 0) await saveHistory(trx, told, ids)
  if (asked.length > 0) await saveEffects(trx, asked, ids, now)
  if (pipelines.length + asked.length + repositories.length === 0 && !ledger.elsewhere) return null
  return pipelines.flatMap((row) => {
    const id = ids.get(keyOf(row))
    return id === undefined ? [] : [{ id, revision: row.revision }]
  })
}

async function saveRepository(trx: Transaction, { id, ...row }: RepositoryRow): Promise<void> {
  await trx.updateTable('repositories').set(row).where('id', '=', id).execute()
}

async function saveRuns(trx: Transaction, rows: readonly RunRow[]): Promise<void> {
  await trx
    .insertInto('runs')
    .values(
      rows.map(({ repositoryId, run }) => {
        const named = issueOfRun(run)
        return {
          id: run.id,
          repositoryId,
          branch: run.branch,
          issueNumbers: named === null ? [] : [named],
          document: JSON.stringify(run),
          updatedAt: run.updatedAt,
        }
      }),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        branch: eb.ref('excluded.branch'),
        issueNumbers: eb.ref('excluded.issueNumbers'),
        document: sql`excluded.document`,
        updatedAt: eb.ref('excluded.updatedAt'),
      })),
    )
    .execute()
}

async function savePullRequests(trx: Transaction, rows: readonly PullRequestRow[]): Promise<void> {
  await trx
    .insertInto('pullRequests')
    .values(
      rows.map(({ repositoryId, fact, issueNumbers }) => ({
        repositoryId,
        number: fact.number,
        branch: fact.branch,
        issueNumbers,
        document: JSON.stringify(fact),
        updatedAt: fact.updatedAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['repositoryId', 'number']).doUpdateSet((eb) => ({
        branch: eb.ref('excluded.branch'),
        issueNumbers: eb.ref('excluded.issueNumbers'),
        document: sql`excluded.document`,
        updatedAt: eb.ref('excluded.updatedAt'),
      })),
    )
    .execute()
}

/** Inserts and updates alike: the unique key on repository and issue number decides. Resolves to the ids. */
async function savePipelines(
  trx: Transaction,
  rows: readonly PipelineRow[],
  now: Instant,
): Promise<ReadonlyMap<string, number>> {
  if (rows.length === 0) return new Map()
  const saved = await trx
    .insertInto('pipelines')
    .values(rows.map((row) => columnsOf(row, now)))
    .onConflict((conflict) =>
      conflict.columns(['repositoryId', 'issueNumber']).doUpdateSet((eb) => ({
        revision: eb.ref('excluded.revision'),
        document: sql`excluded.document`,
        light: eb.ref('excluded.light'),
        stage: eb.ref('excluded.stage'),
        since: eb.ref('excluded.since'),
        needsYouAt: eb.ref('excluded.needsYouAt'),
        wakeAt: eb.ref('excluded.wakeAt'),
        updatedAt: eb.ref('excluded.updatedAt'),
      })),
    )
    .returning(['id', 'repositoryId', 'issueNumber'])
    .execute()
  return new Map(saved.map((row) => [keyOf(row), row.id]))
}

function columnsOf({ repositoryId, issueNumber, revision, pipeline }: PipelineRow, now: Instant) {
  const lit = light(pipeline)
  return {
    repositoryId,
    issueNumber,
    revision,
    document: JSON.stringify(pipeline),
    light: lit.light,
    stage: lit.stage,
    since: lit.since,
    needsYouAt: needsYouAt(pipeline),
    wakeAt: wakeAt(pipeline, now),
    createdAt: now,
    updatedAt: now,
  }
}

async function saveHistory(trx: Transaction, told: readonly Told[], ids: ReadonlyMap<string, number>): Promise<void> {
  const rows = told.flatMap(({ entry, revision, ...key }) => {
    const pipelineId = ids.get(keyOf(key))
    const evidence = entry.evidence === null ? null : JSON.stringify(entry.evidence)
    return pipelineId === undefined ? [] : [{ ...entry, pipelineId, revision, evidence }]
  })
  if (rows.length > 0) await trx.insertInto('history').values(rows).execute()
}

/** The same key is the same effect: whoever decided it first, it is there once. */
async function saveEffects(
  trx: Transaction,
  asked: readonly Asked[],
  ids: ReadonlyMap<string, number>,
  now: Instant,
): Promise<void> {
  const rows = asked.map(({ repositoryId, issueNumber, effect }) => ({
    repositoryId,
    pipelineId: issueNumber === null ? null : (ids.get(keyOf({ repositoryId, issueNumber })) ?? null),
    key: effect.key,
    document: JSON.stringify(effect),
    dueAt: now,
    createdAt: now,
    updatedAt: now,
  }))
  await trx
    .insertInto('effects')
    .values(rows.sort((a, b) => a.repositoryId - b.repositoryId || (a.key < b.key ? -1 : 1)))
    .onConflict((conflict) => conflict.columns(['repositoryId', 'key']).doNothing())
    .execute()
}

function keyOf({ repositoryId, issueNumber }: { repositoryId: number; issueNumber: number }): string {
  return `${repositoryId}/${issueNumber}`
}
