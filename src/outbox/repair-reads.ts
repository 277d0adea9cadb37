// What reading GitHub to repair what was missed has in common, beside the work that is under way.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { GitHubFailure } from '../github/failure.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { recordNoAccess } from './access.ts'
import type { CallQuota } from './call-quota.ts'
import { blockInstallation } from './rate-limit.ts'

export type RepairContext = {
  readonly database: Database
  readonly door: Door
  readonly github: GitHub
  readonly callQuota: CallQuota
  readonly githubUrl: string
  readonly now: () => Instant
  readonly log: Logger
}

/** Most of an installation's calls are for what is under way. */
export const SHARE_OF_CALLS = 1 / 3

/** When to read again after a failure: as GitHub asks, or when access is tried again, or `later`. */
export async function readAgainAt(
  o: RepairContext,
  access: RepositoryAccess,
  failure: GitHubFailure,
  later: Instant,
): Promise<Instant> {
  if (failure.kind === 'rate_limited') {
    const { until = later } = failure
    await blockInstallation(o.database, access.installationId, until, o.now)
    return until
  }
  return failure.access === undefined ? later : await recordNoAccess(o, access, failure.access)
}
