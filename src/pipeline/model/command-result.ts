// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.

import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { Stage } from './pipeline.ts'

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

/** What came of a command at an issue; null of a mistake, and of a command that its sender may not use. */
export type CommandOutcome = {
  /** Null: on no line. */
  readonly issueNumber: number | null
  /** Its place among the commands that were given together. */
  readonly nth: number
  readonly command: Command | InvalidCommand
  readonly result: CommandResult | null
}
