// What is answered to whoever gave a command. It is decided with the command and never again; only what was asked for
// (`status`, `why`, `help`) is looked up when the answer is written.
import type { Stage } from './pipeline.ts'

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
