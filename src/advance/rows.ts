// The rows that events read and change, as the database keeps them.
import type { AndonYmlProblem } from '../line/parse-yaml.ts'
import type { Breakers, WorkflowHold } from '../pipeline/model/breaker.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Configuration, InstallationState } from '../pipeline/model/questions.ts'
import type { Instant } from '../pipeline/model/time.ts'

export type IssueKey = { readonly repositoryId: number; readonly issueNumber: number }
export type BranchKey = { readonly repositoryId: number; readonly branch: string }
export type PullRequestKey = { readonly repositoryId: number; readonly number: number }

/** Where `andon.yml` was found. */
export type ConfigurationSource = Configuration['source']

/** A repository as it is known; every event about it carries its name. */
export type RepositoryRow = Omit<RepositoryRef, 'updatedAt'> & {
  /** Since when GitHub says that Andon does not reach it, or that it is archived. */
  readonly removedAt: Instant | null
  /** GitHub's `updated_at` of the description in force; null while none was dated. */
  readonly updatedAt: Instant | null
  /** When GitHub was last asked about it. */
  readonly readAt: Instant | null
  /** The last good line; null while there never was one. */
  readonly configuration: Pipeline['line'] | null
  readonly configurationSource: ConfigurationSource | null
  readonly configurationSha: string | null
  readonly configurationProblems: readonly AndonYmlProblem[]
  /** The commit that the newest text was first read at. */
  readonly configurationHeadSha: string | null
  /** The commit that the line in force was first read at. */
  readonly configurationValidSha: string | null
  readonly configurationReadAt: Instant | null
  /** The latest hold or release of the repository. */
  readonly holdOrRelease: HoldOrRelease | null
  /** The issue up to which pipelines have seen that hold or release; null: all have. */
  readonly holdFanOutCursor: number | null
  readonly breakers: Breakers
  /** What Andon itself holds, as its breakers say. */
  readonly workflowHolds: readonly WorkflowHold[]
  /** When a breaker lets something start or end by itself. */
  readonly admitAt: Instant | null
  /** Raised whenever the published mistakes of its file change. */
  readonly revision: number
}

/** Since when a part of Andon has been there without a break, and from when on it counts as away if nothing is seen of it. */
export type Presence = { readonly awayAt: Instant; readonly since: Instant }

export type InstallationRow = {
  readonly id: number
  readonly account: string
  readonly state: InstallationState
  /** Its page at GitHub; null until a delivery names it. */
  readonly settingsUrl: string | null
  /** When GitHub was last asked about it. */
  readonly readAt: Instant | null
}

/** A run that belongs to an issue whatever its title and branch say. */
export type BoundRunRow = IssueKey & { readonly runId: number }

export type RunRow = { readonly repositoryId: number; readonly run: RunFact }

export type PullRequestRow = {
  readonly repositoryId: number
  readonly fact: PullRequestFact
  /** Every issue it ever belonged to: the pipeline of one that it left needs the event too. */
  readonly issueNumbers: readonly number[]
}

export type PipelineRow = IssueKey & {
  /** Null until it is inserted. */
  readonly id: number | null
  readonly revision: number
  readonly pipeline: Pipeline
  readonly wakeAt: Instant | null
}
