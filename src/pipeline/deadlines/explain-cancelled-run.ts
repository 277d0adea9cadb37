// GitHub is asked at once why it cancelled a run (see effects-of.ts). This is what follows when it does not explain it: it is
// asked once more, and then the attempt has failed without a cause.
import type { Attempt, Stage } from '../model/pipeline.ts'
import { type Instant, secondsAfter } from '../model/time.ts'
import { askedNow, countedFrom, isUnexplained } from '../stages/attempts.ts'
import { explainedBy } from '../stages/run-outcome.ts'

/** GitHub may be out of reach for a while. */
const ANSWER_WITHIN_SECONDS = 10 * 60

/** Asks again, or gives up, once that is due. */
export function followUpOnCancelledRun(stage: Stage, attempt: Attempt, now: Instant): Attempt {
  const dueAt = followUpOnCancelledRunAt(stage, attempt)
  const { run, reconciliation } = attempt
  if (dueAt === null || dueAt > now || run === null) return attempt
  if (reconciliation === undefined || reconciliation.at < firstFollowUpAt(run))
    return { ...attempt, reconciliation: askedNow(attempt, now) }
  return { ...attempt, run: { ...run, cancellation: { kind: 'unexplained', since: reconciliation.at, until: now } } }
}

/** When that is due; null once the cancellation is explained, and for a run that nobody cancelled. */
export function followUpOnCancelledRunAt(stage: Stage, attempt: Attempt): Instant | null {
  const { run, reconciliation } = attempt
  if (run === null || !isUnexplained(stage, attempt)) return null
  const first = firstFollowUpAt(run)
  return reconciliation === undefined || reconciliation.at < first
    ? first
    : secondsAfter(countedFrom(reconciliation.at, attempt), ANSWER_WITHIN_SECONDS)
}

function firstFollowUpAt({ cancellation, updatedAt }: NonNullable<Attempt['run']>): Instant {
  return cancellation?.kind === 'unexplained'
    ? explainedBy(cancellation.since)
    : secondsAfter(updatedAt, ANSWER_WITHIN_SECONDS)
}
