import { millisecondsAfter } from '../../text/milliseconds-after.ts'

/** A moment in UTC, always `YYYY-MM-DDTHH:mm:ss.sssZ`, so that moments sort as text. */
export type Instant = string

/** How we know. `id` is the delivery's GUID, the question's key, the comment's id or the loop's name. */
export type Evidence = {
  readonly kind: 'delivery' | 'read' | 'beat' | 'command' | 'clock'
  readonly id: string
  readonly at: Instant
  /** When the sweep found it in GitHub's log; only for a delivery that did not arrive by itself. */
  readonly repairedAt?: Instant
}

/** When something happened, and how we know. */
export type Occurrence = { readonly at: Instant; readonly evidence: Evidence }

export function secondsAfter(at: Instant, seconds: number): Instant {
  return millisecondsAfter(at, seconds * 1000)
}

/** GitHub's times are whole seconds. */
export function endOfSecond(at: Instant): Instant {
  return `${at.slice(0, 19)}.999Z`
}

export function earliest(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

export function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b
}
