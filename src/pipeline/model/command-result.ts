// The result of a command, as data: its words are in render/command-result.ts alone. It is decided with the command and never
// again; only what was asked for (`status`, `why`, `help`) is looked up when the reply is written.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { WorkflowHold } from './breaker.ts'
import type { PullRequestFact } from './facts.ts'
import type { Hold, HoldOrRelease } from './hold.ts'
import type { PipelineStart, Stage } from './pipeline.ts'
import type { Evidence, Instant } from './time.ts'

/** A stage's state, for a sentence: `plan: attempt 2 of 3 waits for a slot`. */
export type StageSummary = Pick<Stage, 'name' | 'status' | 'reason'>

/** The answer to a command. */
export type CommandAnswer =
  | { readonly kind: 'issue-removed'; readonly why: 'deleted' | 'transferred' }
  | { readonly kind: 'done-before' | 'no-stages' | 'issue-closed' | 'no-such-stage' }
  | { readonly kind: 'nothing-halted' | 'nothing-active' | 'nothing-to-approve' }
  | { readonly kind: 'issue-not-on-line' | 'pull-request-not-on-line' }
  | { readonly kind: 'stages'; readonly stages: readonly StageSummary[] }
  | {
      readonly kind: 'started-before' | 'live-already' | 'over' | 'no-gate-shut' | 'moved-on'
      readonly stage: StageSummary
    }
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
  | { readonly kind: 'no-such-end'; readonly until: Instant; readonly isPast: boolean }
  | { readonly kind: 'resumed-since'; readonly release: HoldOrRelease }
  /** `other` still holds the place; `queued` are the stages that go on waiting for a slot. */
  | {
      readonly kind: 'not-held' | 'released'
      readonly place: HoldOrRelease['place']
      readonly other: Hold | null
      /** Andon itself holds a workflow that the place waits for. */
      readonly workflow?: WorkflowHold
      readonly queued: readonly StageSummary[]
    }

/** `already`: nothing was done, and nothing is wrong; `impossible`: it cannot be done in the present state. */
export type CommandResultKind = 'done' | 'already' | 'impossible'
export type AnsweredCommand = { readonly outcome: CommandResultKind; readonly answer: CommandAnswer }

/** The result of a command; `answered_in_reply`: it only asks, and the answer is looked up when the reply is written. */
export type CommandResult = AnsweredCommand | { readonly outcome: 'answered_in_reply' }

export const ANSWERED_IN_REPLY: CommandResult = { outcome: 'answered_in_reply' }

/** The result of a command at an issue; null of a mistake, and of a command that its sender may not use. */
export type CommandOutcome = {
  /** Null: no issue with a pipeline. */
  readonly issueNumber: number | null
  /** Its index among the commands that were given together. */
  readonly nth: number
  readonly command: Command | InvalidCommand
  readonly result: CommandResult | null
}

export function done(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'done', answer }
}

export function already(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'already', answer }
}

export function notPossible(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'impossible', answer }
}

export function summaryOf(stages: readonly Stage[]): CommandAnswer {
  return { kind: 'stages', stages: stages.map(stageSummary) }
}

export function stageSummary({ name, status, reason }: StageSummary): StageSummary {
  return { name, status, reason }
}

/** A pull request that decides nothing. */
export type ShownPullRequestSummary = Pick<PullRequestFact, 'number' | 'author'> & { readonly isFork: boolean }

export type HistoryChange =
  | { readonly kind: 'started'; readonly by: PipelineStart['by'] }
  | { readonly kind: 'issue'; readonly state: 'closed' | 'reopened' | 'deleted' | 'transferred' }
  | { readonly kind: 'pull-request'; readonly number: number; readonly isLinked: boolean }
  /** Somebody who may not write, or not known to, says that a pull request closes the issue. */
  | { readonly kind: 'pull-request-shown'; readonly pullRequest: ShownPullRequestSummary }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'released'; readonly release: HoldOrRelease }
  | { readonly kind: 'hold-ended'; readonly hold: Hold }
  /** `since` is when its status began; the entry is dated by what told of it, which may be a reading long after. */
  | { readonly kind: 'stage'; readonly stage: StageSummary; readonly since: Instant | null }
  | { readonly kind: 'button'; readonly verb: string; readonly stage: string; readonly result: AnsweredCommand }
  /** A control on the board; `stage` is null where the whole issue is meant. */
  | { readonly kind: 'press'; readonly verb: string; readonly stage: string | null; readonly result: AnsweredCommand }

/** An entry of the history: what happened, as data. Its words are in render/history.ts. */
export type HistoryEntry = {
  readonly at: Instant
  readonly type: string
  readonly actor: string | null
  readonly change: HistoryChange
  readonly evidence: Evidence | null
}
