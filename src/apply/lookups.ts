// Every kind of lookup that an event may need, and the statement that answers many of one kind.
import type {
  BoundRunRow,
  InstallationRow,
  PipelineRow,
  PullRequestRow,
  RepositoryRow,
  RunRow,
} from '../advance/rows.ts'
import {
  type Heartbeats,
  isPullRequestOf,
  isPullRequestOn,
  isRunOf,
  isRunOn,
  type Kind,
  type Lookups,
  type PublishedCheckRunKey,
  type PublishedCommentKey,
} from '../advance/world.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { awaitsLine } from '../pipeline/stages/pipeline-start.ts'
import { awaitsWorkflow } from '../pipeline/stages/refusals.ts'
import { loadBeats } from '../store/beats.ts'
import type { Transaction } from '../store/database.ts'
import { loadGlobalHold } from '../store/holds.ts'
import {
  hasAnyPipeline,
  listIssuesAwaitingLine,
  listIssuesAwaitingWorkflow,
  loadBoundRunsById,
  loadPipelineRowsById,
  loadPipelinesOfIssues,
  loadPullRequestsByNumber,
  loadPullRequestsOfIssues,
  loadPullRequestsOnBranches,
  loadRunsById,
  loadRunsOfIssues,
  loadRunsOnBranches,
} from '../store/load-rows.ts'
import { loadPresence } from '../store/presence.ts'
import { isPublishedCheckRun, lockPublishedComment } from '../store/publications.ts'
import { listRepositoriesWithoutFile, loadInstallations } from '../store/repositories.ts'
import { createIdentityMap } from './identity-map.ts'
import { type Lookup, lookupAnswers, lookupRows } from './lookup.ts'

export type RowMaps = ReturnType<typeof createRowMaps>

/** The rows that a group has loaded or changed. */
export function createRowMaps() {
  return {
    repositories: createIdentityMap<RepositoryRow>(({ id }) => String(id)),
    installations: createIdentityMap<InstallationRow>(({ id }) => String(id)),
    runs: createIdentityMap<RunRow>(({ run }) => String(run.id)),
    boundRuns: createIdentityMap<BoundRunRow>(({ runId }) => String(runId)),
    pullRequests: createIdentityMap<PullRequestRow>(({ repositoryId, fact }) => `${repositoryId}/${fact.number}`),
    pipelines: createIdentityMap<PipelineRow>(({ repositoryId, issueNumber }) => `${repositoryId}/${issueNumber}`),
  }
}

/** Lookups over these rows; repositories are locked and loaded before anything is looked up. */
export function createLookups(trx: Transaction, maps: RowMaps) {
  const { repositories, installations, runs, boundRuns, pullRequests, pipelines } = maps
  const awaitingLine = lookupAnswers((repositoryId: number) => listIssuesAwaitingLine(trx, repositoryId))
  const awaitingWorkflow = lookupAnswers((repositoryId: number) => listIssuesAwaitingWorkflow(trx, repositoryId))
  const populated = lookupAnswers((repositoryId: number) => hasAnyPipeline(trx, repositoryId))
  return {
    repository: allKnown((id) => repositories.get(String(id))),
    repositoriesOf: allKnown((id) => repositories.filter(({ installationId }) => installationId === id)),
    repositoriesWithoutFile: lookupAnswers((id: number) => listRepositoriesWithoutFile(trx, id)),
    installation: lookupRows(
      installations,
      (ids) => loadInstallations(trx, ids),
      (id) => installations.get(String(id)),
    ),
    run: lookupRows(
      runs,
      (ids) => loadRunsById(trx, ids),
      (id) => runs.get(String(id)),
    ),
    runsOf: lookupRows(
      runs,
      (keys) => loadRunsOfIssues(trx, keys),
      (key) => runs.filter((row) => isRunOf(row, key)),
    ),
    runsOn: lookupRows(
      runs,
      (keys) => loadRunsOnBranches(trx, keys),
      (key) => runs.filter((row) => isRunOn(row, key)),
    ),
    boundRun: lookupRows(
      boundRuns,
      (ids) => loadBoundRunsById(trx, ids),
      (id) => boundRuns.get(String(id)),
    ),
    pullRequest: lookupRows(
      pullRequests,
      (keys) => loadPullRequestsByNumber(trx, keys),
      ({ repositoryId, number }) => pullRequests.get(`${repositoryId}/${number}`),
    ),
    pullRequestsOf: lookupRows(
      pullRequests,
      (keys) => loadPullRequestsOfIssues(trx, keys),
      (key) => pullRequests.filter((row) => isPullRequestOf(row, key)),
    ),
    pullRequestsOn: lookupRows(
      pullRequests,
      (keys) => loadPullRequestsOnBranches(trx, keys),
      (key) => pullRequests.filter((row) => isPullRequestOn(row, key)),
    ),
    pipeline: lookupRows(
      pipelines,
      (keys) => loadPipelinesOfIssues(trx, keys),
      ({ repositoryId, issueNumber }) => pipelines.get(`${repositoryId}/${issueNumber}`),
    ),
    pipelineById: lookupRows(
      pipelines,
      (ids) => loadPipelineRowsById(trx, ids),
      (id) => pipelines.filter((row) => row.id === id)[0] ?? null,
    ),
    // Under the repository's lock only this group can start a pipeline.
    hasPipelines: { ...populated, find: (id) => pipelinesIn(id).length > 0 || populated.find(id) },
    issuesAwaitingLine: {
      ...awaitingLine,
      find: (id) => withPipelinesInHand(id, awaitingLine.find(id), awaitsLine),
    },
    issuesAwaitingWorkflow: {
      ...awaitingWorkflow,
      find: (id) => withPipelinesInHand(id, awaitingWorkflow.find(id), awaitsWorkflow),
    },
    globalHold: lookupAnswers(() => loadGlobalHold(trx)),
    heartbeats: lookupAnswers(async (id: number): Promise<Heartbeats> => {
      return (await loadBeats({ kysely: trx }, [id])).get(id) ?? {}
    }),
    presence: lookupAnswers(() => loadPresence(trx)),
    isPublishedCheckRun: lookupAnswers(({ pipelineId, ...check }: PublishedCheckRunKey) =>
      isPublishedCheckRun(trx, pipelineId, check),
    ),
    isPublishedComment: lookupAnswers((key: PublishedCommentKey) => lockPublishedComment(trx, key)),
  } satisfies { readonly [K in Kind]: Lookup<Lookups[K][0], Lookups[K][1]> }

  function pipelinesIn(id: number): readonly PipelineRow[] {
    return pipelines.filter(({ repositoryId }) => repositoryId === id)
  }

  /** The group may have started pipelines, or given a line to others. */
  function withPipelinesInHand(
    id: number,
    stored: readonly number[] | undefined,
    isAwaiting: (pipeline: Pipeline) => boolean,
  ): readonly number[] | undefined {
    if (stored === undefined) return undefined
    const inHand = pipelinesIn(id)
    const others = stored.filter((number) => inHand.every(({ issueNumber }) => issueNumber !== number))
    const awaiting = inHand.filter(({ pipeline }) => isAwaiting(pipeline))
    return [...others, ...awaiting.map(({ issueNumber }) => issueNumber)].sort((a, b) => a - b)
  }
}

function allKnown<Key, Found>(find: (key: Key) => Found): Lookup<Key, Found> {
  return { find, load: () => Promise.resolve() }
}
