// A clock that was set back has left moments of our own in the future. What is measured from them would wait for as much longer,
// so they count as now.
import { isAdmitted, updateAttempts } from '../model/attempt.ts'
import type { AttemptControl, Cancellation, Pipeline } from '../model/pipeline.ts'
import { earliest, type Instant } from '../model/time.ts'

/** The pipeline in which no moment of ours is later than now. */
export function withoutFutureMoments(pipeline: Pipeline, now: Instant): Pipeline {
  const own = (at: Instant) => earliest(at, now)
  const orNull = (at: Instant | null) => at && own(at)
  const cancelled = (cancel: Cancellation | null): Cancellation | null =>
    cancel && { ...cancel, at: own(cancel.at), forcedAt: orNull(cancel.forcedAt) }
  const controlled = (control: AttemptControl): AttemptControl => ({
    ...control,
    admittedAt: own(control.admittedAt),
    dispatch: control.dispatch && { ...control.dispatch, at: own(control.dispatch.at) },
    report: control.report && {
      ...control.report,
      aliveAt: own(control.report.aliveAt),
      progressAt: orNull(control.report.progressAt),
    },
    cancel: cancelled(control.cancel),
    closed: control.closed && { ...control.closed, at: own(control.closed.at) },
    duplicateRuns: control.duplicateRuns.map((duplicate) => ({ ...duplicate, cancel: cancelled(duplicate.cancel) })),
  })
  const { pullRequestAskedAt } = pipeline
  const asked = {
    ...pipeline,
    ...(pullRequestAskedAt !== undefined && { pullRequestAskedAt: own(pullRequestAskedAt) }),
  }
  return updateAttempts(asked, (attempt) => {
    const { presentSince, reconciliation } = attempt
    return {
      ...attempt,
      ...(isAdmitted(attempt) && { control: controlled(attempt.control) }),
      ...(presentSince !== undefined && { presentSince: own(presentSince) }),
      ...(reconciliation && {
        reconciliation: {
          ...reconciliation,
          at: own(reconciliation.at),
          answeredAt: orNull(reconciliation.answeredAt),
        },
      }),
    }
  })
}
