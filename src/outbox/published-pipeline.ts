import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Publication } from '../store/publications.ts'

/** A pipeline, with the stored state of its surfaces on GitHub. */
export type PublishedPipeline = {
  readonly pipelineId: number
  readonly pipeline: Pipeline
  readonly publications: readonly Publication[]
  /** No other issue on the line is on the same pull request. */
  readonly isOnlyIssue: boolean
  /** The holds that apply: the pipeline's own, its repository's and the operator's. */
  readonly holds: readonly Hold[]
  /** Until when its light counts as known; null where nothing at GitHub decides it. */
  readonly knownUntil: Instant | null
  /** What GitHub refuses here now: those surfaces that can be written say it. */
  readonly accessProblems: readonly KnownAccessProblem[]
  readonly pageUrl: string
}
