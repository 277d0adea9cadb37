/** The moment that many seconds after another. */
export function secondsAfter(at: Instant, seconds: number): Instant {
  return millisecondsAfter(at, seconds * 1000)
}

/** The moment that many milliseconds after another; before it, if they are fewer than none. */
export function millisecondsAfter(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString()
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
