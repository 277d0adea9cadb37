// What a group knows and changes, inside its transaction. Everything is read at most once and seen by the events that
// follow in the group; save.ts writes it back at the end. The repositories' rows are locked first, so nobody else
// changes anything in them meanwhile: one lock per repository is what makes linking free of races.
import { boundKeys, boundRunIds } from '../pipeline/admission.ts'
import { issueOfRun, issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import type { HistoryEntry } from '../pipeline/model/history-entry.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { EffectKey } from '../store/effects.ts'
import { loadGlobalHold } from '../store/holds.ts'
import {
  type BranchKey,
  hasAnyPipeline,
  type IssueKey,
  listIssuesAwaitingLine,
  loadBoundRunsById,
  loadPipelineRowsById,
  loadPipelinesOfIssues,
  loadPullRequestsByNumber,
  loadPullRequestsOfIssues,
  loadPullRequestsOnBranches,
  loadRunsById,
  loadRunsOfIssues,
  loadRunsOnBranches,
  type PullRequestKey,
} from '../store/load-rows.ts'
import type { BoundRunRow, PipelineRow, PullRequestRow, RepositoryRow, RunRow } from '../store/rows.ts'
import { createIdentityMap, type IdentityMap } from './identity-map.ts'

/** A line of history, and the revision of which pipeline it led to. */
export type NewHistoryEntry = IssueKey & { readonly revision: number; readonly entry: HistoryEntry }

export type NewEffect = { readonly repositoryId: number; readonly issueNumber: number | null; readonly effect: Effect }

export type UnitOfWork = ReturnType<typeof openUnitOfWork>

/** Opens the books of a group over repositories whose rows the transaction has locked. */
export function openUnitOfWork(trx: Transaction, locked: readonly RepositoryRow[]) {
  const repositories = createIdentityMap<RepositoryRow>(({ id }) => String(id))
  const runs = createIdentityMap<RunRow>(({ run }) => String(run.id))
  const pullRequests = createIdentityMap<PullRequestRow>(({ repositoryId, fact }) => `${repositoryId}/${fact.number}`)
  const pipelines = createIdentityMap<PipelineRow>(({ repositoryId, issueNumber }) => `${repositoryId}/${issueNumber}`)
  const bound = createIdentityMap<BoundRunRow>(({ runId }) => String(runId))
  const read = new Set<string>()
  const populated = new Map<number, boolean>()
  const historyEntries: NewHistoryEntry[] = []
  const effects: NewEffect[] = []
  const completedEffects: EffectKey[] = []
  let globalHold: Promise<HoldOrRelease | null> | undefined
  repositories.load(locked)

  /** Reads what none of the group has asked for yet. */
  async function once<Key, Row>(
    rows: IdentityMap<Row>,
    what: string,
    keys: readonly Key[],
    fetch: (keys: readonly Key[]) => Promise<readonly Row[]>,
  ): Promise<void> {
    const named = keys.map((key) => [`${what} ${JSON.stringify(key)}`, key] as const)
    const unread = new Map(named.filter(([name]) => !read.has(name)))
    if (unread.size === 0) return
    rows.load(await fetch([...unread.values()]))
    for (const name of unread.keys()) read.add(name)
  }

  const ledger = {
    trx,
    repositories,
    pipelines,
    historyEntries,
    effects,
    /** Effects that have come true, whoever has them in hand. */
    completedEffects,
    /** Repositories in which a slot may have become free although no row of theirs changed. */
    slotsFreed: new Set<number>(),
    /** Pages show something that was written at once and is none of these rows. */
    hasOtherChanges: false,
    changed: () => ({
      repositories: repositories.changed(),
      runs: runs.changed(),
      pullRequests: pullRequests.changed(),
      pipelines: pipelines.changed(),
      bound: bound.changed(),
    }),

    loadRuns: (ids: readonly number[]) => once(runs, 'run', ids, (unread) => loadRunsById(trx, unread)),
    loadBoundRuns: (runIds: readonly number[]) =>
      once(bound, 'bound', runIds, (unread) => loadBoundRunsById(trx, unread)),
    loadPullRequests: (keys: readonly PullRequestKey[]) =>
      once(pullRequests, 'pull request', keys, (unread) => loadPullRequestsByNumber(trx, unread)),
    loadPullRequestsOn: (keys: readonly BranchKey[]) =>
      once(pullRequests, 'pull requests on', keys, (unread) => loadPullRequestsOnBranches(trx, unread)),
    loadPipelines: (keys: readonly IssueKey[]) =>
      once(pipelines, 'pipeline', keys, (unread) => loadPipelinesOfIssues(trx, unread)),
    loadPipelinesById: (ids: readonly number[]) =>
      once(pipelines, 'pipeline id', ids, (unread) => loadPipelineRowsById(trx, unread)),

    /** What may be replayed into these issues: their pull requests, the runs that name them, and those on the branches. */
    async loadLinkedFacts(keys: readonly IssueKey[]): Promise<void> {
      await once(pullRequests, 'pull requests of', keys, (unread) => loadPullRequestsOfIssues(trx, unread))
      await once(runs, 'runs of', keys, (unread) => loadRunsOfIssues(trx, unread))
      const linked = keys.flatMap((key) => pullRequests.rows().filter((row) => belongsToIssue(row, key)))
      const branches = linked.map(({ repositoryId, fact }) => ({ repositoryId, branch: fact.branch }))
      await once(runs, 'runs on', branches, (unread) => loadRunsOnBranches(trx, unread))
    },

    async run(id: number): Promise<RunFact | null> {
      await ledger.loadRuns([id])
      return runs.get(String(id))?.run ?? null
    },
    putRun(repositoryId: number, run: RunFact): void {
      if (!isEqualJson(runs.get(String(run.id))?.run, run)) runs.put({ repositoryId, run })
    },
    async pullRequest(repositoryId: number, number: number): Promise<PullRequestRow | null> {
      await ledger.loadPullRequests([{ repositoryId, number }])
      return pullRequests.get(`${repositoryId}/${number}`)
    },
    putPullRequest(repositoryId: number, fact: PullRequestFact): void {
      const known = pullRequests.get(`${repositoryId}/${fact.number}`)
      if (isEqualJson(known?.fact, fact)) return
      const issueNumbers = new Set([...(known?.issueNumbers ?? []), ...issuesOfPullRequest(fact)])
      pullRequests.put({ repositoryId, fact, issueNumbers: [...issueNumbers].sort((a, b) => a - b) })
    },
    async pullRequestsOn(repositoryId: number, branch: string): Promise<readonly PullRequestRow[]> {
      await ledger.loadPullRequestsOn([{ repositoryId, branch }])
      return pullRequests.rows().filter((row) => row.repositoryId === repositoryId && row.fact.branch === branch)
    },
    async pullRequestsOf(key: IssueKey): Promise<readonly PullRequestRow[]> {
      await ledger.loadLinkedFacts([key])
      return pullRequests.rows().filter((row) => belongsToIssue(row, key))
    },
    /** The issue that the run belongs to whatever its title and branch say. */
    async issueOfBoundRun(repositoryId: number, runId: number): Promise<number | null> {
      await ledger.loadBoundRuns([runId])
      const row = bound.get(String(runId))
      return row?.repositoryId === repositoryId ? row.issueNumber : null
    },
    /** Runs that name the issue, runs on these branches, and these runs. */
    async runsOf(
      { repositoryId, issueNumber }: IssueKey,
      branches: readonly string[],
      ids: readonly number[],
    ): Promise<readonly RunFact[]> {
      await ledger.loadRuns(ids)
      const keys = branches.map((branch) => ({ repositoryId, branch }))
      await ledger.loadLinkedFacts([{ repositoryId, issueNumber }])
      await once(runs, 'runs on', keys, (unread) => loadRunsOnBranches(trx, unread))
      const here = runs.rows().filter((row) => row.repositoryId === repositoryId)
      const isOn = ({ branch }: RunFact) => branch !== null && branches.includes(branch)
      return here
        .map(({ run }) => run)
        .filter((run) => issueOfRun(run) === issueNumber || isOn(run) || ids.includes(run.id))
    },
    async pipeline({ repositoryId, issueNumber }: IssueKey): Promise<PipelineRow | null> {
      await ledger.loadPipelines([{ repositoryId, issueNumber }])
      return pipelines.get(`${repositoryId}/${issueNumber}`)
    },
    async pipelineById(id: number): Promise<PipelineRow | null> {
      await ledger.loadPipelinesById([id])
      return pipelines.rows().find((row) => row.id === id) ?? null
    },
    /** The last word about everything, which stands until the transaction ends. */
    globalHold(): Promise<HoldOrRelease | null> {
      globalHold ??= loadGlobalHold(trx)
      return globalHold
    },
    /** Issues that wait for a line from the repository's file. */
    issuesAwaitingLine: (repositoryId: number): Promise<readonly number[]> => listIssuesAwaitingLine(trx, repositoryId),
    async hasPipelines(repositoryId: number): Promise<boolean> {
      if (pipelines.rows().some((row) => row.repositoryId === repositoryId)) return true
      // Behind the repository's lock only this group could begin one.
      const known = populated.get(repositoryId) ?? (await hasAnyPipeline(trx, repositoryId))
      populated.set(repositoryId, known)
      return known
    },
    /** What is to be done once, on account of an issue or of the repository. */
    putEffects({ repositoryId, issueNumber }: Omit<NewEffect, 'effect'>, decided: readonly Effect[]): void {
      effects.push(...decided.map((effect) => ({ repositoryId, issueNumber, effect })))
    },
    /** Keeps the next revision of a pipeline, what is told of it and what is to be asked because of it. */
    putPipeline(row: PipelineRow, entries: readonly HistoryEntry[], effects: readonly Effect[]): void {
      const { repositoryId, issueNumber } = row
      const revision = row.revision + 1
      const before = pipelines.get(`${repositoryId}/${issueNumber}`)?.pipeline ?? null
      for (const runId of newlyNamed(boundRunIds, before, row.pipeline)) bound.put({ runId, repositoryId, issueNumber })
      // The run that a dispatch was to bring about is there: nothing is left to be sent or looked for.
      for (const key of newlyNamed(boundKeys, before, row.pipeline))
        completedEffects.push({ repositoryId, key: `dispatch/${key}` })
      pipelines.put({ ...row, revision })
      historyEntries.push(...entries.map((entry) => ({ repositoryId, issueNumber, revision, entry })))
      ledger.putEffects(row, effects)
    },
  }
  return ledger
}

/** What the pipeline names that it did not name before. */
function newlyNamed<T>(
  named: (pipeline: Pipeline) => readonly T[],
  before: Pipeline | null,
  after: Pipeline,
): readonly T[] {
  const known = new Set(before === null ? [] : named(before))
  return named(after).filter((one) => !known.has(one))
}

function belongsToIssue({ repositoryId, issueNumbers }: PullRequestRow, key: IssueKey): boolean {
  return repositoryId === key.repositoryId && issueNumbers.includes(key.issueNumber)
}
