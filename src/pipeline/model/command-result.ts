// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.

import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { CommandAnswer, StageSummary } from './command-answer.ts'
import type { Evidence } from './evidence.ts'
import type { OuterHolds } from './hold.ts'
import type { Pipeline, Stage } from './pipeline.ts'
import type { Instant } from './time.ts'

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

/** A command and what came of it; a mistake, and a command that its sender may not use, have come to nothing. */
export type CommandOutcome = { readonly command: Command | InvalidCommand; readonly result: CommandResult | null }

/** The pipeline afterwards, and what came of each command in the order in which they were given. */
export type CommandsReduction = { readonly pipeline: Pipeline; readonly outcomes: readonly CommandOutcome[] }

/** Who ordered, when, and where it was given: `<origin>/<nth>` names one order for ever. */
export type CommandContext = {
  readonly id: string
  readonly login: string
  readonly at: Instant
  /** When it is obeyed: GitHub was asked in between. */
  readonly now: Instant
  readonly evidence: Evidence
  /** It is by this order's leave that the line begins. */
  readonly startsPipeline: boolean
  /** The stage whose check the button is on; absent for what was typed. */
  readonly stage?: string
  /** What is held around the pipeline, as the door knows it; nothing if it is not said. */
  readonly outerHolds?: OuterHolds
}

/** What became of the line, and what is answered. */
export type CommandReduction = { readonly pipeline: Pipeline; readonly result: CommandResult }
