// A door that keeps deliveries in memory, for what the receiver answers. It knows duplicates, and nothing of the line.
import type { ApplyRequest, ApplyResult } from '../../src/apply/apply-request.ts'
import type { Door } from '../../src/apply/door.ts'

export type StubDoor = Door & {
  readonly arrivals: ApplyRequest[]
  /** What the next `apply` does instead of keeping the arrival. */
  failNextWith(error: Error): void
}

export function stubDoor(): StubDoor {
  const arrivals: ApplyRequest[] = []
  const kept = new Map<string, ApplyResult['state']>()
  let error: Error | null = null
  return {
    arrivals,
    failNextWith: (next) => {
      error = next
    },
    async apply(arrival) {
      if (error !== null) {
        const failure = error
        error = null
        throw failure
      }
      arrivals.push(arrival)
      const { delivery } = arrival
      const key = `${delivery?.hookId}/${delivery?.guid}`
      const before = kept.get(key)
      if (before === 'applied' || before === 'ignored') return { duplicate: true, state: before }
      const state = arrival.failure !== undefined ? 'failed' : arrival.event === null ? 'ignored' : 'applied'
      kept.set(key, state)
      return { duplicate: false, state }
    },
    async close() {},
  }
}
