// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.

import type { Command, Mistake } from '../../commands/commands.ts'
import type { Evidence } from './evidence.ts'
import type { Around } from './hold.ts'
import type { Pipeline, Stage } from './pipeline.ts'
import type { Instant } from './time.ts'

/** What came of a command. `words` is plain text in which other people's words may stand. */
export type Said = {
  /** `asked`: nothing was to be done, the answer is what stands when it is written. */
  readonly outcome: 'done' | 'already' | 'impossible' | 'asked'
  readonly words: string
  /** What to type instead, the likeliest first. */
  readonly next: readonly string[]
}

/** It was done. */
export function done(words: string): Said {
  return { outcome: 'done', words, next: [] }
}

/** It stands so already: nothing was done, and nothing is wrong. */
export function already(words: string): Said {
  return { outcome: 'already', words, next: [] }
}

/** It cannot be done as things stand. */
export function impossible(words: string, next: readonly string[] = []): Said {
  return { outcome: 'impossible', words, next }
}

/** What was asked for is looked up when the answer is written. */
export const ASKED: Said = { outcome: 'asked', words: '', next: [] }

/** How a stage stands, after its name: `plan: attempt 2 of 3 waits for a slot`. */
export function standing({ name, status, reason }: Pick<Stage, 'name' | 'status' | 'reason'>): string {
  return reason === '' ? `${name} is ${status}` : `${name}: ${reason}`
}

/** A command and what came of it; a mistake, and a command that its sender may not use, have come to nothing. */
export type Heard = { readonly command: Command | Mistake; readonly said: Said | null }

/** The pipeline afterwards, and what came of each command in the order in which they were given. */
export type Hearing = { readonly pipeline: Pipeline; readonly heard: readonly Heard[] }

/** Who ordered, when, and where it was given: `<origin>/<nth>` names one order for ever. */
export type Ordered = {
  readonly id: string
  readonly by: string
  readonly at: Instant
  /** When it is obeyed: GitHub was asked in between. */
  readonly now: Instant
  readonly evidence: Evidence
  /** It is by this order's leave that the line begins. */
  readonly begins: boolean
  /** The stage whose check the button is on; absent for what was typed. */
  readonly stage?: string
  /** What is held around the pipeline, as the door knows it; nothing if it is not said. */
  readonly around?: Around
}

/** What became of the line, and what is answered. */
export type Obeyed = { readonly pipeline: Pipeline; readonly said: Said }
