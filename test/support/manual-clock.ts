import type { Instant } from '../../src/pipeline/model/time.ts'

/** A clock that stands still until it is moved. */
export type MovedClock = { now(): Instant; pass(seconds: number): void }

export function movedClock(from: Instant): MovedClock {
  let at = Date.parse(from)
  return {
    now: () => new Date(at).toISOString(),
    pass(seconds) {
      at += seconds * 1000
    },
  }
}
