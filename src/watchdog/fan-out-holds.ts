import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { fanOutGlobalHold, fanOutRepositoryHold } from '../store/holds.ts'

const REPOSITORIES_AT_ONCE = 200
const PIPELINES_AT_ONCE = 200

/** Has pipelines woken around which a cord was pulled or let go, some at a time; resolves to how much was done. */
export async function fanOutHolds({ database, now }: { database: Database; now: () => Instant }): Promise<number> {
  const { kysely } = database
  const passed = await kysely.transaction().execute((trx) => fanOutGlobalHold(trx, REPOSITORIES_AT_ONCE))
  const woken = await kysely.transaction().execute((trx) => fanOutRepositoryHold(trx, PIPELINES_AT_ONCE, now()))
  return passed + woken
}
