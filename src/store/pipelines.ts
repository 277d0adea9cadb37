import type { Instant } from '../pipeline/pipeline.ts'
import type { Database } from './database.ts'

/** Ids of pipelines whose `wake_at` has passed, longest overdue first. */
export async function dueToWake({ kysely }: Database, now: Instant, limit: number): Promise<readonly number[]> {
  const due = await kysely
    .selectFrom('pipelines')
    .select('id')
    .where('wakeAt', '<=', now)
    .orderBy('wakeAt')
    .limit(limit)
    .execute()
  return due.map(({ id }) => id)
}
