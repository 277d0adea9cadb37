/** GitHub's time, which a test may move. */
export type Clock = {
  /** In milliseconds. */
  nowMs(): number
  /** As GitHub writes it: whole seconds. */
  nowIso(): string
}

/** A clock that follows `now` (ISO), or the machine's. */
export function openClock(now?: () => string): Clock {
  const nowMs = () => (now ? Date.parse(now()) : Date.now())
  return { nowMs, nowIso: () => toGitHubTimestamp(nowMs()) }
}

/** GitHub's format of a time. */
export function toGitHubTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
