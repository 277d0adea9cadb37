// The one door: whatever moves the line comes through `apply`, and `apply` answers after the commit. Arrivals that come
// at the same time share a transaction; each of them is applied whole or not at all.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Database } from '../store/database.ts'
import { type Arrival, type Outcome, Unavailable } from './arrival.ts'
import { commit, type Enqueue } from './group.ts'

export type Door = {
  /** Resolves after the commit; throws Unavailable when nothing could be committed. */
  apply(arrival: Arrival): Promise<Outcome>
  /** Resolves when what was let in is committed or turned away. */
  close(): Promise<void>
}

/** GitHub gives up after 10 s (https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks). */
const DEADLINE_MS = 8_000
const LARGEST_GROUP = 128
// While one group waits for its commit the next one gathers: with a single lane groups of 1 and of many alternate.
const LANES = 2
const LINGER_MS = 2

type Waiting = { readonly arrival: Arrival; readonly settle: (outcome: Outcome | Error) => void }

export function openDoor(o: { database: Database; now: () => Instant; log: Logger; enqueue?: Enqueue }): Door {
  // PGlite has one connection: a second lane would only wait for it.
  const lanes = o.database.kind === 'embedded' ? 1 : LANES
  const queue: Waiting[] = []
  const busy = new Set<Promise<void>>()
  let closed = false

  function pump(): void {
    while (busy.size < lanes && queue.length > 0) {
      const lane = nextGroup().finally(() => {
        busy.delete(lane)
        pump()
      })
      busy.add(lane)
      // The lane that was just taken will take what there is.
      if (queue.length <= LARGEST_GROUP) break
    }
  }

  async function nextGroup(): Promise<void> {
    if (queue.length < LARGEST_GROUP) await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
    const group = queue.splice(0, LARGEST_GROUP)
    if (group.length === 0) return
    const outcomes = await commit(
      o,
      group.map(({ arrival }) => arrival),
    )
    for (const [index, { settle }] of group.entries()) settle(outcomes[index] ?? new Unavailable('the group was lost'))
  }

  return {
    apply(arrival) {
      if (closed) return Promise.reject(new Unavailable('this process is stopping'))
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
      const waiting: Waiting = {
        arrival,
        settle(outcome) {
          clearTimeout(deadline)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      const deadline = setTimeout(() => {
        const place = queue.indexOf(waiting)
        if (place >= 0) queue.splice(place, 1)
        reject(new Unavailable(`the database did not answer within ${DEADLINE_MS} ms`))
      }, DEADLINE_MS)
      queue.push(waiting)
      pump()
      return promise
    },
    async close() {
      closed = true
      while (busy.size > 0) await Promise.race(busy)
    },
  }
}
