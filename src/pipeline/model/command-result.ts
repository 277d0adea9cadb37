// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.

import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { Evidence } from './evidence.ts'
import type { OuterHolds } from './hold.ts'
import type { Pipeline, Stage } from './pipeline.ts'
import type { Instant } from './time.ts'

/** What came of a command. `message` is plain text in which other people's words may stand. */
export type CommandResult = {
  /** `answered_in_reply`: nothing was to be done, the answer is what stands when it is written. */
  readonly outcome: 'done' | 'already' | 'impossible' | 'answered_in_reply'
  readonly message: string
  /** What to type instead, the likeliest first. */
  readonly suggestions: readonly string[]
}

/** It was done. */
export function done(message: string): CommandResult {
  return { outcome: 'done', message, suggestions: [] }
}

/** It stands so already: nothing was done, and nothing is wrong. */
export function already(message: string): CommandResult {
  return { outcome: 'already', message, suggestions: [] }
}

/** It cannot be done as things stand. */
export function notPossible(message: string, suggestions: readonly string[] = []): CommandResult {
  return { outcome: 'impossible', message, suggestions }
}

/** What was asked for is looked up when the answer is written. */
export const ANSWERED_IN_REPLY: CommandResult = { outcome: 'answered_in_reply', message: '', suggestions: [] }

/** How a stage stands, after its name: `plan: attempt 2 of 3 waits for a slot`. */
export function describeStage({ name, status, reason }: Pick<Stage, 'name' | 'status' | 'reason'>): string {
  return reason === '' ? `${name} is ${status}` : `${name}: ${reason}`
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
