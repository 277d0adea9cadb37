// An installation whose calls GitHub does not answer, or answers with a 5xx, rests: a little longer after each such
// call, until one is answered. Every process counts for itself; the rest is in the budget that all share.
export type UnansweredCalls = {
  /** A call for the installation has ended. */
  record(installationId: number, isAnswered: boolean): void
  /** How long the installation must rest now; null when it need not. A rest is taken once. */
  takeRest(installationId: number): number | null
  /** Whether it rested and has not answered since. */
  isSuspect(installationId: number): boolean
}

/** One lost answer is no outage. */
const CALLS_BEFORE_REST = 3
const FIRST_REST_MS = 5_000
const MAX_REST_MS = 60_000

export function countUnansweredCalls(): UnansweredCalls {
  const inARow = new Map<number, number>()
  const due = new Set<number>()
  return {
    record(installationId, isAnswered) {
      if (isAnswered) {
        inARow.delete(installationId)
        due.delete(installationId)
        return
      }
      const calls = (inARow.get(installationId) ?? 0) + 1
      inARow.set(installationId, calls)
      if (calls >= CALLS_BEFORE_REST) due.add(installationId)
    },
    takeRest(installationId) {
      if (!due.delete(installationId)) return null
      const doublings = (inARow.get(installationId) ?? 0) - CALLS_BEFORE_REST
      return Math.min(FIRST_REST_MS * 2 ** doublings, MAX_REST_MS)
    },
    isSuspect: (installationId) => (inARow.get(installationId) ?? 0) >= CALLS_BEFORE_REST,
  }
}
