/** The moment that many seconds after another. */
export function secondsAfter(at: Instant, seconds: number): Instant {
  return millisecondsAfter(at, seconds * 1000)
}

/** The moment that many milliseconds after another; before it, if they are fewer than none. */
export function millisecondsAfter(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString()
}

/** The time of day, to the second: `14:02:31 UTC`. */
export function formatTimeOfDay(at: Instant): string {
  return `${at.slice(11, 19)} UTC`
}

/** A moment of any day, to the minute: `2026-11-21 14:02 UTC`. */
export function formatDateTime(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** The earlier of two moments. */
export function earliest(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

/** The later of two moments. */
export function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b
}

/** A moment in UTC, always `YYYY-MM-DDTHH:mm:ss.sssZ`, so that moments sort as text. */
export type Instant = string
