// What an event may read, as look-ups by one key each. A row that was not read yet is `undefined`; the recorder answers with
// nothing instead and notes the key, so that the row can be read.
import { issueOfRun } from '../pipeline/facts/correlate.ts'
import type { ButtonClick } from '../pipeline/model/given-commands.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type {
  BoundRunRow,
  BranchKey,
  InstallationRow,
  IssueKey,
  PipelineRow,
  Presence,
  PullRequestKey,
  PullRequestRow,
  RepositoryRow,
  RunRow,
} from './rows.ts'

/** By kind: the key of a look-up, and what it finds. */
export type Lookups = {
  readonly repository: [id: number, RepositoryRow | null]
  /** Looked up only when the installation is removed, suspended or restored. */
  readonly repositoriesOf: [installationId: number, readonly RepositoryRow[]]
  /** Those that have no `andon.yml` of their own. */
  readonly repositoriesWithoutFile: [installationId: number, readonly number[]]
  readonly installation: [id: number, InstallationRow | null]
  readonly run: [id: number, RunRow | null]
  /** Runs that name the issue. */
  readonly runsOf: [key: IssueKey, readonly RunRow[]]
  readonly runsOn: [key: BranchKey, readonly RunRow[]]
  readonly boundRun: [runId: number, BoundRunRow | null]
  readonly pullRequest: [key: PullRequestKey, PullRequestRow | null]
  readonly pullRequestsOf: [key: IssueKey, readonly PullRequestRow[]]
  readonly pullRequestsOn: [key: BranchKey, readonly PullRequestRow[]]
  readonly pipeline: [key: IssueKey, PipelineRow | null]
  readonly pipelineById: [id: number, PipelineRow | null]
  readonly hasPipelines: [repositoryId: number, boolean]
  /** Issues whose pipelines have not adopted a line from the repository's file. */
  readonly issuesAwaitingLine: [repositoryId: number, readonly number[]]
  /** Issues with a stage that GitHub refused to start. */
  readonly issuesAwaitingWorkflow: [repositoryId: number, readonly number[]]
  /** The hold or release of everything: there is only one. */
  readonly globalHold: [key: 'everything', HoldOrRelease | null]
  /** The latest beat of each attempt of a pipeline, by attempt key. */
  readonly heartbeats: [pipelineId: number, Heartbeats]
  /** Of the door and of the loops. */
  readonly presence: [key: 'everything', readonly Presence[]]
  /** Is it the check run that the pipeline published for that stage and commit? */
  readonly isPublishedCheckRun: [key: PublishedCheckRunKey, boolean]
  readonly isPublishedComment: [key: PublishedCommentKey, boolean]
}

export type Heartbeats = Readonly<Record<string, Instant>>
export type PublishedCheckRunKey = Pick<ButtonClick, 'id' | 'stage' | 'sha'> & { readonly pipelineId: number }
export type PublishedCommentKey = { readonly pipelineId: number; readonly commentId: number }

export type Kind = keyof Lookups

/** Everything that an event touches has been read. */
export type World = { readonly [K in Kind]: (key: Lookups[K][0]) => Lookups[K][1] }

/** What was read so far; `undefined` for what was not. */
export type PartialWorld = {
  readonly [K in Kind]: { readonly find: (key: Lookups[K][0]) => Lookups[K][1] | undefined }
}

/** What is still to be read. */
export type Keys = { readonly [K in Kind]: Lookups[K][0][] }

export function isEmpty(keys: Keys): boolean {
  return Object.values(keys).every(({ length }) => length === 0)
}

/** The world as far as it was read, and the keys that were looked up in vain. */
export function recording(known: PartialWorld): { readonly world: World; readonly missing: Keys } {
  const missing = noKeys()
  function lookup<K extends Kind>(kind: K, nothing: Lookups[K][1]): (key: Lookups[K][0]) => Lookups[K][1] {
    return (key: Lookups[K][0]) => {
      const found = known[kind].find(key)
      if (found === undefined) missing[kind].push(key)
      return found === undefined ? nothing : found
    }
  }
  const world: World = {
    repository: lookup('repository', null),
    repositoriesOf: lookup('repositoriesOf', []),
    repositoriesWithoutFile: lookup('repositoriesWithoutFile', []),
    installation: lookup('installation', null),
    run: lookup('run', null),
    runsOf: lookup('runsOf', []),
    runsOn: lookup('runsOn', []),
    boundRun: lookup('boundRun', null),
    pullRequest: lookup('pullRequest', null),
    pullRequestsOf: lookup('pullRequestsOf', []),
    pullRequestsOn: lookup('pullRequestsOn', []),
    pipeline: lookup('pipeline', null),
    pipelineById: lookup('pipelineById', null),
    hasPipelines: lookup('hasPipelines', false),
    issuesAwaitingLine: lookup('issuesAwaitingLine', []),
    issuesAwaitingWorkflow: lookup('issuesAwaitingWorkflow', []),
    globalHold: lookup('globalHold', null),
    heartbeats: lookup('heartbeats', {}),
    presence: lookup('presence', []),
    isPublishedCheckRun: lookup('isPublishedCheckRun', false),
    isPublishedComment: lookup('isPublishedComment', false),
  }
  return { world, missing }
}

/** Facts as an event leaves them. */
export type Facts = { readonly runs: readonly RunRow[]; readonly pullRequests: readonly PullRequestRow[] }

/** The world in which these facts replace the stored ones. */
export function withFacts(world: World, { runs, pullRequests }: Facts): World {
  const numberOf = ({ fact }: PullRequestRow) => fact.number
  return {
    ...world,
    run: (id) => runs.find(({ run }) => run.id === id) ?? world.run(id),
    runsOf: replacing(runs, world.runsOf, ({ run }) => run.id, isRunOf),
    runsOn: replacing(runs, world.runsOn, ({ run }) => run.id, isRunOn),
    pullRequest: (key) => pullRequests.find(({ fact }) => fact.number === key.number) ?? world.pullRequest(key),
    pullRequestsOf: replacing(pullRequests, world.pullRequestsOf, numberOf, isPullRequestOf),
    pullRequestsOn: replacing(pullRequests, world.pullRequestsOn, numberOf, isPullRequestOn),
  }
}

function replacing<Key, Row>(
  changed: readonly Row[],
  stored: (key: Key) => readonly Row[],
  idOf: (row: Row) => number,
  belongs: (row: Row, key: Key) => boolean,
): (key: Key) => readonly Row[] {
  return (key) => [
    ...stored(key).filter((row) => changed.every((other) => idOf(other) !== idOf(row))),
    ...changed.filter((row) => belongs(row, key)),
  ]
}

export function isRunOf({ repositoryId, run }: RunRow, key: IssueKey): boolean {
  return repositoryId === key.repositoryId && issueOfRun(run) === key.issueNumber
}

export function isRunOn({ repositoryId, run }: RunRow, key: BranchKey): boolean {
  return repositoryId === key.repositoryId && run.branch === key.branch
}

export function isPullRequestOf({ repositoryId, issueNumbers }: PullRequestRow, key: IssueKey): boolean {
  return repositoryId === key.repositoryId && issueNumbers.includes(key.issueNumber)
}

export function isPullRequestOn({ repositoryId, fact }: PullRequestRow, key: BranchKey): boolean {
  return repositoryId === key.repositoryId && fact.branch === key.branch
}

function noKeys(): Keys {
  return {
    ...{ repository: [], repositoriesOf: [], repositoriesWithoutFile: [], installation: [] },
    ...{ run: [], runsOf: [], runsOn: [], boundRun: [], pullRequest: [], pullRequestsOf: [], pullRequestsOn: [] },
    ...{
      pipeline: [],
      pipelineById: [],
      hasPipelines: [],
      issuesAwaitingLine: [],
      issuesAwaitingWorkflow: [],
      globalHold: [],
      heartbeats: [],
      presence: [],
    },
    ...{ isPublishedCheckRun: [], isPublishedComment: [] },
  }
}

export const KINDS: readonly Kind[] = Object.keys(noKeys()).filter((name): name is Kind => name in noKeys())
