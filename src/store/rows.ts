import type { PullRequestFact, RunFact } from '../pipeline/facts.ts'
import type { Instant, Pipeline } from '../pipeline/pipeline.ts'

/** A repository as it is known; every event about it tells its name anew. */
export type RepositoryRow = {
  readonly id: number
  readonly installationId: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly removedAt: Instant | null
  readonly updatedAt: Instant
}

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
