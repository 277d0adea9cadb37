import type { Cancellation } from '../model/pipeline.ts'
import { type Instant, secondsAfter } from '../model/time.ts'

/** How long a cancelled run may take to end before more is done about it. */
export const CANCEL_GRACE_SECONDS = 5 * 60

/** When more is done about a cancelled run that has not ended: by force, later left alone. */
export function nextEscalationAt({ at, forcedAt }: Cancellation): Instant {
  return secondsAfter(forcedAt ?? at, CANCEL_GRACE_SECONDS)
}
