import type { AnsweredCommand, StageSummary } from './command-result.ts'
import type { Evidence } from './evidence.ts'
import type { Hold, HoldOrRelease } from './hold.ts'
import type { PipelineStart } from './pipeline.ts'
import type { Instant } from './time.ts'

/** An entry of the history: what happened, as data. Its words are in render/history.ts. */
export type HistoryEntry = {
  readonly at: Instant
  readonly type: string
  readonly actor: string | null
  readonly change: HistoryChange
  readonly evidence: Evidence | null
}

export type HistoryChange =
  | { readonly kind: 'started'; readonly by: PipelineStart['by'] }
  | { readonly kind: 'issue'; readonly state: 'closed' | 'reopened' | 'deleted' | 'transferred' }
  | { readonly kind: 'pull-request'; readonly number: number; readonly isLinked: boolean }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'released'; readonly release: HoldOrRelease }
  | { readonly kind: 'stage'; readonly stage: StageSummary }
  | { readonly kind: 'button'; readonly verb: string; readonly stage: string; readonly result: AnsweredCommand }
