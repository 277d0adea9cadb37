// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.

import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { CommandAnswer, StageSummary } from './command-answer.ts'
import type { Stage } from './pipeline.ts'

/** What came of a command; `answered_in_reply`: nothing was to be done, and what is asked for is looked up then. */
export type CommandResult = AnsweredCommand | { readonly outcome: 'answered_in_reply' }

export type AnsweredCommand = {
  readonly outcome: 'done' | 'already' | 'impossible'
  readonly answer: CommandAnswer
}

/** It was done. */
export function done(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'done', answer }
}

/** It stands so already: nothing was done, and nothing is wrong. */
export function already(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'already', answer }
}

/** It cannot be done as things stand. */
export function notPossible(answer: CommandAnswer): AnsweredCommand {
  return { outcome: 'impossible', answer }
}

/** What was asked for is looked up when the answer is written. */
export const ANSWERED_IN_REPLY: CommandResult = { outcome: 'answered_in_reply' }

/** How stages stand, as an answer. */
export function summaryOf(stages: readonly Stage[]): CommandAnswer {
  return { kind: 'stages', stages: stages.map(stageSummary) }
}

/** How a stage stands. */
export function stageSummary({ name, status, reason }: StageSummary): StageSummary {
  return { name, status, reason }
}

/** What came of a command at an issue; null of a mistake, and of a command that its sender may not use. */
export type CommandOutcome = {
  /** Null: on no line. */
  readonly issueNumber: number | null
  /** Its place among the commands that were given together. */
  readonly nth: number
  readonly command: Command | InvalidCommand
  readonly result: CommandResult | null
}
