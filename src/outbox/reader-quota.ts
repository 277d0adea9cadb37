// On a public repository everybody may read, and whoever may read may ask. What that costs of the budget is bounded, so
// that strangers cannot keep the line from being shown or answered to those who work on it.
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { countAnswersToReadersSince } from '../store/pending-writes.ts'
import type { PerformContext } from './claim-effects.ts'

/** Reactions and replies an hour, in one repository, to people who may not write to it. */
export const READER_QUOTA_PER_HOUR = 60

/** Why one of them is not answered. */
export const OVER_READER_QUOTA = 'enough was answered here to people who may only read'

/** Have people who may only read been answered often enough in this repository for now? */
export async function isOverReaderQuota({ database, now }: PerformContext, repositoryId: number): Promise<boolean> {
  const since = millisecondsAfter(now(), -HOUR_MS)
  return (await countAnswersToReadersSince(database, repositoryId, since)) >= READER_QUOTA_PER_HOUR
}

const HOUR_MS = 60 * 60_000
