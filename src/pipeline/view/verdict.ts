// The whole line at one glance. Counts say how much there is of each; the verdict says what follows from that.

/** What the verdict rests on. Each pipeline that has not ended is open, and counted once in each number that it fits. */
export type LineCounts = Readonly<
  Record<'open' | 'moving' | 'needsYou' | 'failed' | 'held' | 'stalled' | 'stale' | 'unknown', number>
>

export type LineVerdict = 'running' | 'waiting-for-you' | 'standing-still' | 'nothing-to-do' | 'cannot-know'

/** `isBlind`: nothing from GitHub reaches Andon, so that the counts may be old. */
export function verdictOf(counts: LineCounts, isBlind: boolean): LineVerdict {
  const { open, moving, needsYou, failed, held, stalled, stale, unknown } = counts
  if (isBlind) return 'cannot-know'
  if (open === 0 && needsYou === 0) return 'nothing-to-do'
  if (moving === 0) {
    if (failed + held + stalled + stale > 0) return 'standing-still'
    if (unknown > 0) return 'cannot-know'
    if (needsYou === 0) return 'standing-still'
  }
  return needsYou > 0 ? 'waiting-for-you' : 'running'
}
