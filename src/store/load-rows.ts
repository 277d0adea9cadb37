// Reads of a group, many keys at a time. Keys go in as one JSON parameter, which both drivers treat alike.
import { sql } from 'kysely'
import type {
  BoundRunRow,
  BranchKey,
  IssueKey,
  PipelineRow,
  PullRequestKey,
  PullRequestRow,
  RunRow,
} from '../advance/rows.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

export async function loadRunsById(trx: Transaction, ids: readonly number[]): Promise<readonly RunRow[]> {
  if (ids.length === 0) return []
  return trx.selectFrom('runs').select(['repositoryId', 'document as run']).where('id', 'in', ids).execute()
}

export async function loadBoundRunsById(trx: Transaction, runIds: readonly number[]): Promise<readonly BoundRunRow[]> {
  if (runIds.length === 0) return []
  return trx
    .selectFrom('boundRuns')
    .select(['runId', 'repositoryId', 'issueNumber'])
    .where('runId', 'in', runIds)
    .execute()
}

export async function loadRunsOnBranches(trx: Transaction, keys: readonly BranchKey[]): Promise<readonly RunRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<{ repositoryId: number; document: RunFact }>`
    select runs.repository_id, document from runs
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, branch text)
      on runs.repository_id = key."repositoryId" and runs.branch = key.branch`.execute(trx)
  return rows.map(({ repositoryId, document }) => ({ repositoryId, run: document }))
}

export async function loadRunsOfIssues(trx: Transaction, keys: readonly IssueKey[]): Promise<readonly RunRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<{ repositoryId: number; document: RunFact }>`
    select runs.repository_id, document from runs
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, "issueNumber" integer)
      on runs.repository_id = key."repositoryId" and issue_number = key."issueNumber"`.execute(trx)
  return rows.map(({ repositoryId, document }) => ({ repositoryId, run: document }))
}

type PullRequestColumns = { repositoryId: number; issueNumbers: readonly number[]; document: PullRequestFact }

export async function loadPullRequestsByNumber(
  trx: Transaction,
  keys: readonly PullRequestKey[],
): Promise<readonly PullRequestRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<PullRequestColumns>`
    select pull_requests.repository_id, issue_numbers, document from pull_requests
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, number integer)
      on pull_requests.repository_id = key."repositoryId" and pull_requests.number = key.number`.execute(trx)
  return rows.map(toPullRequestRow)
}

export async function loadPullRequestsOnBranches(
  trx: Transaction,
  keys: readonly BranchKey[],
): Promise<readonly PullRequestRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<PullRequestColumns>`
    select pull_requests.repository_id, issue_numbers, document from pull_requests
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, branch text)
      on pull_requests.repository_id = key."repositoryId" and pull_requests.branch = key.branch`.execute(trx)
  return rows.map(toPullRequestRow)
}

export async function loadPullRequestsOfIssues(
  trx: Transaction,
  keys: readonly IssueKey[],
): Promise<readonly PullRequestRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<PullRequestColumns>`
    select pull_requests.repository_id, issue_numbers, document from pull_requests
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, "issueNumber" integer)
      on pull_requests.repository_id = key."repositoryId" and issue_numbers @> array[key."issueNumber"]`.execute(trx)
  return rows.map(toPullRequestRow)
}

type PipelineColumns = {
  id: number
  repositoryId: number
  issueNumber: number
  revision: number
  document: Pipeline
  wakeAt: Instant | null
}

/** When something is decided, or it looks different from then on. */
const WAKES_AT = sql<Instant | null>`least(wake_at, turns_at)`

export async function loadPipelinesOfIssues(
  trx: Transaction,
  keys: readonly IssueKey[],
): Promise<readonly PipelineRow[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<PipelineColumns>`
    select id, repository_id, issue_number, revision, document, ${WAKES_AT} as wake_at from pipelines
    join jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as key("repositoryId" bigint, "issueNumber" integer)
      on repository_id = key."repositoryId" and issue_number = key."issueNumber"`.execute(trx)
  return rows.map(toPipelineRow)
}

export async function loadPipelineRowsById(trx: Transaction, ids: readonly number[]): Promise<readonly PipelineRow[]> {
  if (ids.length === 0) return []
  const rows = await trx
    .selectFrom('pipelines')
    .select(['id', 'repositoryId', 'issueNumber', 'revision', 'document', 'startedAt', 'denial'])
    .select(WAKES_AT.as('wakeAt'))
    .where('id', 'in', ids)
    .execute()
  return rows.map(toPipelineRow)
}

/** Issues of a repository whose pipelines have not adopted a line from the repository's file yet. */
export async function listIssuesAwaitingLine(trx: Transaction, repositoryId: number): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('pipelines')
    .select('issueNumber')
    .where('repositoryId', '=', repositoryId)
    .where(sql<boolean>`(document ->> 'isConfigured' = 'false' or document ->> 'isWithoutFile' = 'true')`)
    .orderBy('issueNumber')
    .execute()
  return rows.map(({ issueNumber }) => issueNumber)
}

/** Issues of a repository with a stage that GitHub refused to start. */
export async function listIssuesAwaitingWorkflow(trx: Transaction, repositoryId: number): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('pipelines')
    .select('issueNumber')
    .where('repositoryId', '=', repositoryId)
    .where('light', '!=', 'done')
    .where(sql<boolean>`document @? '$.stages[*].reason.kind ? (@ == "start-refused" || @ == "checks-workflow")'`)
    .orderBy('issueNumber')
    .execute()
  return rows.map(({ issueNumber }) => issueNumber)
}

export async function hasAnyPipeline(trx: Transaction, repositoryId: number): Promise<boolean> {
  const one = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', repositoryId)
    .limit(1)
    .executeTakeFirst()
  return one !== undefined
}

function toPullRequestRow({ repositoryId, issueNumbers, document }: PullRequestColumns): PullRequestRow {
  return { repositoryId, issueNumbers, fact: document }
}

function toPipelineRow({ document, ...row }: PipelineColumns): PipelineRow {
  return { ...row, pipeline: document }
}
