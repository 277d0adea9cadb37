// The rows that events read and change, as the database keeps them.
import type { AndonYmlProblem } from '../../line/parse-yaml.ts'
import type { PullRequestFact, RunFact } from './facts.ts'
import type { HoldOrRelease } from './hold.ts'
import type { Pipeline } from './pipeline.ts'
import type { Instant } from './time.ts'

export type IssueKey = { readonly repositoryId: number; readonly issueNumber: number }
export type BranchKey = { readonly repositoryId: number; readonly branch: string }
export type PullRequestKey = { readonly repositoryId: number; readonly number: number }

/** Where `andon.yml` was found. */
export type ConfigurationSource = 'repository' | 'organisation'

/** A repository as it is known; every event about it tells its name anew. */
export type RepositoryRow = {
  readonly id: number
  readonly installationId: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly removedAt: Instant | null
  readonly updatedAt: Instant
  /** The last good line; null while nobody has written one. */
  readonly configuration: Pipeline['line'] | null
  readonly configurationSource: ConfigurationSource | null
  readonly configurationSha: string | null
  readonly configurationProblems: readonly AndonYmlProblem[]
  /** The commit that the newest text was first read at. */
  readonly configurationHeadSha: string | null
  /** The commit that the line in force was first read at. */
  readonly configurationValidSha: string | null
  readonly configurationReadAt: Instant | null
  /** The last word about the repository's cord. */
  readonly holdOrRelease: HoldOrRelease | null
  /** Up to which issue its pipelines have been told of the last word; null: all have. */
  readonly holdFanOutCursor: number | null
  /** Raised whenever what is to be told of its mistakes changes. */
  readonly revision: number
}

export type InstallationRow = {
  readonly id: number
  readonly account: string
  readonly state: 'active' | 'suspended' | 'removed'
  readonly updatedAt: Instant
}

/** A run that belongs to an issue whatever its title and branch say. */
export type BoundRunRow = { readonly runId: number; readonly repositoryId: number; readonly issueNumber: number }

export type RunRow = { readonly repositoryId: number; readonly run: RunFact }

export type PullRequestRow = {
  readonly repositoryId: number
  readonly fact: PullRequestFact
  /** Every issue it was ever known to belong to: one that it left must hear of it too. */
  readonly issueNumbers: readonly number[]
}

export type PipelineRow = {
  /** Null until it is inserted. */
  readonly id: number | null
  readonly repositoryId: number
  readonly issueNumber: number
  readonly revision: number
  readonly pipeline: Pipeline
  readonly wakeAt: Instant | null
}
