// GitHub allows an installation at least 5,000 calls an hour. Reads stop well before that, so that a list that changes all
// the time, or a fault of ours, leaves enough for writes. Every process counts for itself.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#primary-rate-limit-for-github-app-installations
import type { Instant } from '../pipeline/model/time.ts'

export type CallQuota = {
  /** A call for the installation has ended. */
  count(installationId: number): void
  /** Must the installation's reads wait? With a share, reads that may use only so much of what there is. */
  isSpent(installationId: number, share?: number): boolean
}

/** How many calls may go out at once after a quiet time, and how many a minute after that: at most 3,900 in an hour. */
const BURST = 1_500
const CALLS_PER_MINUTE = 40

export function openCallQuota(now: () => Instant): CallQuota {
  /** Calls that the minutes since have not made up for. */
  const recent = new Map<number, { readonly calls: number; readonly atMs: number }>()
  function callsOf(installationId: number, atMs: number): number {
    const last = recent.get(installationId)
    if (last === undefined) return 0
    // A clock that is set back makes up for nothing, and takes nothing away.
    const passedMs = Math.max(0, atMs - last.atMs)
    return Math.max(0, last.calls - (passedMs / 60_000) * CALLS_PER_MINUTE)
  }
  return {
    count(installationId) {
      const atMs = Date.parse(now())
      recent.set(installationId, { calls: callsOf(installationId, atMs) + 1, atMs })
    },
    isSpent: (installationId, share = 1) => callsOf(installationId, Date.parse(now())) >= BURST * share,
  }
}
