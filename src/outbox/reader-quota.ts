// On a public repository every user may comment. Answers to users without write permission get a bounded part of the
// write budget, so that they cannot delay status and answers for the people who work there.

import { countAnswersToReadersSince } from '../store/pending-writes.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { PerformContext } from './claim-effects.ts'

/** Reactions and replies per hour, in one repository, to users without write permission. */
export const READER_QUOTA_PER_HOUR = 60

/** Why a command of such a user is not answered. */
export const OVER_READER_QUOTA =
  'users without write permission have reached the hourly limit of answers in this repository'

/** Have users without write permission reached the quota in this repository? */
export async function isOverReaderQuota({ database, now }: PerformContext, repositoryId: number): Promise<boolean> {
  const since = millisecondsAfter(now(), -HOUR_MS)
  return (await countAnswersToReadersSince(database, repositoryId, since)) >= READER_QUOTA_PER_HOUR
}

const HOUR_MS = 60 * 60_000
