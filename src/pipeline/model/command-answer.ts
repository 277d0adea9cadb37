// What is answered to a command, as data: its words are in render/command-result.ts alone.
import type { Hold, HoldOrRelease } from './hold.ts'
import type { Stage } from './pipeline.ts'

/** How a stage stands, for a sentence: `plan: attempt 2 of 3 waits for a slot`. */
export type StageSummary = Pick<Stage, 'name' | 'status' | 'reason'>

/** What came of a command. */
export type CommandAnswer =
  | { readonly kind: 'issue-removed'; readonly why: 'deleted' | 'transferred' }
  | { readonly kind: 'done-before' | 'no-stages' | 'issue-closed' | 'no-such-stage' }
  | { readonly kind: 'nothing-halted' | 'nothing-active' | 'nothing-to-approve' }
  | { readonly kind: 'issue-not-on-line' | 'pull-request-not-on-line' }
  | { readonly kind: 'stages'; readonly stages: readonly StageSummary[] }
  | { readonly kind: 'started-before' | 'live-already' | 'over' | 'no-gate-shut'; readonly stage: StageSummary }
  | { readonly kind: 'not-begun'; readonly stage: string }
  /** A stage without a workflow follows the pull request. */
  | {
      readonly kind: 'not-started-by-andon' | 'not-cancelled-by-andon'
      readonly stage: string
      readonly workflow: string | null
    }
  | { readonly kind: 'review-on-pull-request'; readonly number: number }
  | { readonly kind: 'check-is-old'; readonly stage: string; readonly sha: string; readonly currentSha: string }
  | { readonly kind: 'held' | 'held-later'; readonly hold: Hold }
  | { readonly kind: 'resumed-since'; readonly release: HoldOrRelease }
  /** `other` still holds the place; `queued` are the stages that wait on now. */
  | {
      readonly kind: 'not-held' | 'released'
      readonly place: HoldOrRelease['place']
      readonly other: Hold | null
      readonly queued: readonly StageSummary[]
    }
