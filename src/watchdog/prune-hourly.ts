import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { putChoreOff, takeChore } from '../store/chores.ts'
import type { Database } from '../store/database.ts'
import { prune } from '../store/prune.ts'
import { vacuumTables } from '../store/vacuum.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

const EVERY_MS = 60 * 60_000
/** A process that ends in the middle leaves it to the next. */
const AGAIN_AFTER_MS = 10 * 60_000

/** Deletes rows past their retention once an hour, in one of the processes; resolves to how many. */
export async function pruneHourly(o: {
  readonly database: Database
  readonly now: () => Instant
  readonly log: Logger
}): Promise<number> {
  const now = o.now()
  if (!(await takeChore(o.database, 'prune', { now, next: millisecondsAfter(now, AGAIN_AFTER_MS) }))) return 0
  const pruned = await prune(o.database, now)
  // After its first day something is pruned in every hour.
  if (pruned > 0 && o.database.kind === 'embedded') await vacuumTables(o.database)
  await putChoreOff(o.database, 'prune', millisecondsAfter(now, EVERY_MS))
  o.log.info({ pruned }, 'rows past their retention were deleted')
  return pruned
}
