import type { Door } from '../apply/door.ts'
import { sayOfEverything } from '../apply/holds.ts'
import { replay } from '../inbox/replay.ts'
import type { Said } from '../pipeline/model/command-result.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { type FailedDelivery, listFailed, readFailed } from '../store/deliveries.ts'

/** What an operator may ask of a running Andon. Arguments and answers are plain JSON: they cross the control socket. */
export type Operations = {
  failedDeliveries(): Promise<readonly FailedDelivery[]>
  replay(id: number): Promise<Replayed>
  /** Holds everything for that reason, or with null lets go of it. */
  sayOfEverything(by: string, why: string | null): Promise<Said>
}

export type Replayed =
  | { readonly state: 'applied' | 'ignored' | 'unknown' }
  | { readonly state: 'failed'; readonly error: string }

/** The operations themselves, for whoever holds the database. */
export function openOperations(o: { database: Database; door: Door; now: () => Instant }): Operations {
  return {
    failedDeliveries: () => listFailed(o.database),
    sayOfEverything: (by, why) => sayOfEverything(o, { by, why }),
    async replay(id) {
      if ((await readFailed(o.database, id)) === null) return { state: 'unknown' }
      const { state } = await replay(o, id)
      if (state !== 'failed') return { state }
      return { state, error: (await readFailed(o.database, id))?.error ?? 'the reason was not kept' }
    },
  }
}
