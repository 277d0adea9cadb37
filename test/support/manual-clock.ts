import type { Instant } from '../../src/pipeline/model/time.ts'

/** A clock that stands still until it is moved. */
export type ManualClock = { now(): Instant; advance(seconds: number): void }

export function manualClock(from: Instant): ManualClock {
  let at = Date.parse(from)
  return {
    now: () => new Date(at).toISOString(),
    advance(seconds) {
      at += seconds * 1000
    },
  }
}
