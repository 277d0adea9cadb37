// The parts of a reason in words: what it says, and what is waited for.
import type { Instant } from '../pipeline/model/time.ts'

/** What a stage waits for, and until when if that is known. */
export type Wait = { readonly for: string; readonly until: Instant | null }

/** A reason in words. */
export type Explanation = { readonly text: string; readonly wait: Wait | null }

export function says(text: string): Explanation {
  return { text, wait: null }
}

export function waits(text: string, awaited: string, until: Instant | null = null): Explanation {
  return { text, wait: { for: awaited, until } }
}

/** `attempt 2 of 3 waits for a slot`. */
export function waitsFor(awaited: string, subject = ''): Explanation {
  return waits(`${subject} waits for ${awaited}`.trimStart(), awaited)
}
