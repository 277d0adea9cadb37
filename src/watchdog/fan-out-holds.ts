import { endHolds } from '../apply/holds.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { areHoldsDue, fanOutGlobalHold, fanOutRepositoryHold } from '../store/holds.ts'

const REPOSITORIES_AT_ONCE = 200
const PIPELINES_AT_ONCE = 200

/** Ends the holds whose time has come, and makes the pipelines under a new hold or release due to wake, some at a time; resolves to how many rows it handled. */
export async function fanOutHolds({ database, now }: { database: Database; now: () => Instant }): Promise<number> {
  const { kysely } = database
  // At nearly every step nothing is: that is found without a lock on the operator's hold, which every start waits for.
  if (!(await areHoldsDue(database, now()))) return 0
  const ended = await endHolds({ database, now })
  const passed = await kysely.transaction().execute((trx) => fanOutGlobalHold(trx, REPOSITORIES_AT_ONCE))
  const woken = await kysely.transaction().execute((trx) => fanOutRepositoryHold(trx, PIPELINES_AT_ONCE, now()))
  return ended + passed + woken
}
