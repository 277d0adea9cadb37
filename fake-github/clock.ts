/** GitHub's time, which a test may move. */
export type Clock = {
  /** In milliseconds. */
  nowMs(): number
  /** As GitHub writes it: whole seconds. */
  nowIso(): string
  /** The time that answers carry, and by which the App's tokens are judged, in milliseconds. */
  answerMs(): number
}

/** A clock that follows `now` (ISO), or the machine's. Where what happens is dated back, `answerNow` is not. */
export function openClock(now?: () => string, answerNow = now): Clock {
  const nowMs = () => (now ? Date.parse(now()) : Date.now())
  const answerMs = () => (answerNow ? Date.parse(answerNow()) : Date.now())
  return { nowMs, answerMs, nowIso: () => toGitHubTimestamp(nowMs()) }
}

/** GitHub's format of a time. */
export function toGitHubTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
