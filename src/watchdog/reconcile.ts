import { requestReconciliation } from '../apply/request-reconciliation.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'

const PIPELINES_AT_ONCE = 50

/** Has GitHub asked about what is live and was not heard of; resolves to how many pipelines that concerned. */
export async function reconcileSilentRuns(o: { database: Database; now: () => Instant }): Promise<number> {
  return requestReconciliation(o.database, o.now(), PIPELINES_AT_ONCE)
}
