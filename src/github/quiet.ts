// Whoever has met a limit of GitHub's must send nothing before the time that the answer gives, or is kept out for longer: what
// other lanes were about to send is not sent either. The database says so to other processes (outbox/rate-limit.ts).
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
import type { GitHubFailure } from './failure.ts'

export type QuietPeriods = {
  /** Throws the failure that began a quiet period of the installation, while it lasts. */
  expectNone(installationId: number): void
  /** Whether this failure is the one that began it. */
  isBecauseOf(installationId: number, failure: GitHubFailure): boolean
  /** A failure that is no limit begins none. */
  begin(installationId: number, failure: GitHubFailure): void
}

export function openQuietPeriods(now: () => string): QuietPeriods {
  const periods = new Map<number, { readonly since: string; readonly failure: GitHubFailure }>()

  /** What must be waited for now. */
  function current(installationId: number): GitHubFailure | null {
    const period = periods.get(installationId)
    if (period === undefined) return null
    const { since, failure } = period
    // A clock that was set back would make it longer.
    const isOver = now() >= (failure.until ?? '') || now() < since
    return isOver ? null : failure
  }

  return {
    expectNone(installationId) {
      const failure = current(installationId)
      if (failure !== null) throw failure
    },
    isBecauseOf: (installationId, failure) => periods.get(installationId)?.failure === failure,
    begin(installationId, failure) {
      // What was on its way may be answered by a shorter one.
      const isLonger = (failure.until ?? '') > (current(installationId)?.until ?? '')
      if (failure.kind === 'rate_limited' && isLonger) periods.set(installationId, { since: now(), failure })
    },
  }
}
