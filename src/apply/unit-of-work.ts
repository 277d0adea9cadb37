// What a group knows and changes, inside its transaction. Everything is read at most once and seen by the events that
// follow in the group; save.ts writes it back at the end. The repositories' rows are locked first, so nobody else
// changes anything in them meanwhile: one lock per repository is what makes linking free of races.
import { boundKeys, boundRunIds } from '../pipeline/admission.ts'
import { issueOfRun, issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import { alike } from '../pipeline/facts/total-order.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import type { Entry } from '../pipeline/model/history-entry.ts'
import type { CordWord } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { EffectKey } from '../store/effects.ts'
import { readEverything } from '../store/holds.ts'
import {
  anyPipeline,
  type BranchKey,
  boundById,
  type IssueKey,
  type NumberKey,
  pipelinesById,
  pipelinesOfIssues,
  pullRequestsByNumber,
  pullRequestsOfIssues,
  pullRequestsOnBranches,
  runsById,
  runsOfIssues,
  runsOnBranches,
  unconfiguredIssues,
} from '../store/load-rows.ts'
import type { BoundRow, PipelineRow, PullRequestRow, RepositoryRow, RunRow } from '../store/rows.ts'
import { type Shelf, shelf } from './identity-map.ts'

/** A line of history, and the revision of which pipeline it led to. */
export type Told = IssueKey & { readonly revision: number; readonly entry: Entry }

export type Asked = { readonly repositoryId: number; readonly issueNumber: number | null; readonly effect: Effect }

export type Ledger = ReturnType<typeof openLedger>

/** Opens the books of a group over repositories whose rows the transaction has locked. */
export function openLedger(trx: Transaction, locked: readonly RepositoryRow[]) {
  const repositories = shelf<RepositoryRow>(({ id }) => String(id))
  const runs = shelf<RunRow>(({ run }) => String(run.id))
  const pullRequests = shelf<PullRequestRow>(({ repositoryId, fact }) => `${repositoryId}/${fact.number}`)
  const pipelines = shelf<PipelineRow>(({ repositoryId, issueNumber }) => `${repositoryId}/${issueNumber}`)
  const bound = shelf<BoundRow>(({ runId }) => String(runId))
  const read = new Set<string>()
  const populated = new Map<number, boolean>()
  const told: Told[] = []
  const asked: Asked[] = []
  const ended: EffectKey[] = []
  let everything: Promise<CordWord | null> | undefined
  repositories.learn(locked)

  /** Reads what none of the group has asked for yet. */
  async function once<Key, Row>(
    rows: Shelf<Row>,
    what: string,
    keys: readonly Key[],
    fetch: (keys: readonly Key[]) => Promise<readonly Row[]>,
  ): Promise<void> {
    const named = keys.map((key) => [`${what} ${JSON.stringify(key)}`, key] as const)
    const unread = new Map(named.filter(([name]) => !read.has(name)))
    if (unread.size === 0) return
    rows.learn(await fetch([...unread.values()]))
    for (const name of unread.keys()) read.add(name)
  }

  const ledger = {
    trx,
    repositories,
    pipelines,
    told,
    asked,
    /** Effects that have come true, whoever has them in hand. */
    ended,
    /** Repositories in which a slot may have become free although no row of theirs changed. */
    reopened: new Set<number>(),
    /** Pages show something that was written at once and is none of these rows. */
    elsewhere: false,
    changed: () => ({
      repositories: repositories.changed(),
      runs: runs.changed(),
      pullRequests: pullRequests.changed(),
      pipelines: pipelines.changed(),
      bound: bound.changed(),
    }),

    readRuns: (ids: readonly number[]) => once(runs, 'run', ids, (unread) => runsById(trx, unread)),
    readBound: (runIds: readonly number[]) => once(bound, 'bound', runIds, (unread) => boundById(trx, unread)),
    readPullRequests: (keys: readonly NumberKey[]) =>
      once(pullRequests, 'pull request', keys, (unread) => pullRequestsByNumber(trx, unread)),
    readBranches: (keys: readonly BranchKey[]) =>
      once(pullRequests, 'pull requests on', keys, (unread) => pullRequestsOnBranches(trx, unread)),
    readPipelines: (keys: readonly IssueKey[]) =>
      once(pipelines, 'pipeline', keys, (unread) => pipelinesOfIssues(trx, unread)),
    readPipelinesById: (ids: readonly number[]) =>
      once(pipelines, 'pipeline id', ids, (unread) => pipelinesById(trx, unread)),

    /** What may be replayed into these issues: their pull requests, the runs that name them, and those on the branches. */
    async readLinks(keys: readonly IssueKey[]): Promise<void> {
      await once(pullRequests, 'pull requests of', keys, (unread) => pullRequestsOfIssues(trx, unread))
      await once(runs, 'runs of', keys, (unread) => runsOfIssues(trx, unread))
      const linked = keys.flatMap((key) => pullRequests.rows().filter((row) => isOf(row, key)))
      const branches = linked.map(({ repositoryId, fact }) => ({ repositoryId, branch: fact.branch }))
      await once(runs, 'runs on', branches, (unread) => runsOnBranches(trx, unread))
    },

    async run(id: number): Promise<RunFact | null> {
      await ledger.readRuns([id])
      return runs.get(String(id))?.run ?? null
    },
    keepRun(repositoryId: number, run: RunFact): void {
      if (!alike(runs.get(String(run.id))?.run, run)) runs.put({ repositoryId, run })
    },
    async pullRequest(repositoryId: number, number: number): Promise<PullRequestRow | null> {
      await ledger.readPullRequests([{ repositoryId, number }])
      return pullRequests.get(`${repositoryId}/${number}`)
    },
    keepPullRequest(repositoryId: number, fact: PullRequestFact): void {
      const known = pullRequests.get(`${repositoryId}/${fact.number}`)
      if (alike(known?.fact, fact)) return
      const issueNumbers = new Set([...(known?.issueNumbers ?? []), ...issuesOfPullRequest(fact)])
      pullRequests.put({ repositoryId, fact, issueNumbers: [...issueNumbers].sort((a, b) => a - b) })
    },
    async pullRequestsOn(repositoryId: number, branch: string): Promise<readonly PullRequestRow[]> {
      await ledger.readBranches([{ repositoryId, branch }])
      return pullRequests.rows().filter((row) => row.repositoryId === repositoryId && row.fact.branch === branch)
    },
    async pullRequestsOf(key: IssueKey): Promise<readonly PullRequestRow[]> {
      await ledger.readLinks([key])
      return pullRequests.rows().filter((row) => isOf(row, key))
    },
    /** The issue that the run belongs to whatever its title and branch say. */
    async issueBound(repositoryId: number, runId: number): Promise<number | null> {
      await ledger.readBound([runId])
      const row = bound.get(String(runId))
      return row?.repositoryId === repositoryId ? row.issueNumber : null
    },
    /** Runs that name the issue, runs on these branches, and these runs. */
    async runsOf(
      { repositoryId, issueNumber }: IssueKey,
      branches: readonly string[],
      ids: readonly number[],
    ): Promise<readonly RunFact[]> {
      await ledger.readRuns(ids)
      const keys = branches.map((branch) => ({ repositoryId, branch }))
      await ledger.readLinks([{ repositoryId, issueNumber }])
      await once(runs, 'runs on', keys, (unread) => runsOnBranches(trx, unread))
      const here = runs.rows().filter((row) => row.repositoryId === repositoryId)
      const isOn = ({ branch }: RunFact) => branch !== null && branches.includes(branch)
      return here
        .map(({ run }) => run)
        .filter((run) => issueOfRun(run) === issueNumber || isOn(run) || ids.includes(run.id))
    },
    async pipeline({ repositoryId, issueNumber }: IssueKey): Promise<PipelineRow | null> {
      await ledger.readPipelines([{ repositoryId, issueNumber }])
      return pipelines.get(`${repositoryId}/${issueNumber}`)
    },
    async pipelineById(id: number): Promise<PipelineRow | null> {
      await ledger.readPipelinesById([id])
      return pipelines.rows().find((row) => row.id === id) ?? null
    },
    /** The last word about everything, which stands until the transaction ends. */
    everything(): Promise<CordWord | null> {
      everything ??= readEverything(trx)
      return everything
    },
    /** Issues that wait for a line from the repository's file. */
    unconfigured: (repositoryId: number): Promise<readonly number[]> => unconfiguredIssues(trx, repositoryId),
    async hasPipelines(repositoryId: number): Promise<boolean> {
      if (pipelines.rows().some((row) => row.repositoryId === repositoryId)) return true
      // Behind the repository's lock only this group could begin one.
      const known = populated.get(repositoryId) ?? (await anyPipeline(trx, repositoryId))
      populated.set(repositoryId, known)
      return known
    },
    /** What is to be done once, on account of an issue or of the repository. */
    ask({ repositoryId, issueNumber }: Omit<Asked, 'effect'>, effects: readonly Effect[]): void {
      asked.push(...effects.map((effect) => ({ repositoryId, issueNumber, effect })))
    },
    /** Keeps the next revision of a pipeline, what is told of it and what is to be asked because of it. */
    keepPipeline(row: PipelineRow, entries: readonly Entry[], effects: readonly Effect[]): void {
      const { repositoryId, issueNumber } = row
      const revision = row.revision + 1
      const before = pipelines.get(`${repositoryId}/${issueNumber}`)?.pipeline ?? null
      for (const runId of anew(boundRunIds, before, row.pipeline)) bound.put({ runId, repositoryId, issueNumber })
      // The run that a dispatch was to bring about is there: nothing is left to be sent or looked for.
      for (const key of anew(boundKeys, before, row.pipeline)) ended.push({ repositoryId, key: `dispatch/${key}` })
      pipelines.put({ ...row, revision })
      told.push(...entries.map((entry) => ({ repositoryId, issueNumber, revision, entry })))
      ledger.ask(row, effects)
    },
  }
  return ledger
}

/** What the pipeline names that it did not name before. */
function anew<T>(named: (pipeline: Pipeline) => readonly T[], before: Pipeline | null, after: Pipeline): readonly T[] {
  const known = new Set(before === null ? [] : named(before))
  return named(after).filter((one) => !known.has(one))
}

function isOf({ repositoryId, issueNumbers }: PullRequestRow, key: IssueKey): boolean {
  return repositoryId === key.repositoryId && issueNumbers.includes(key.issueNumber)
}
