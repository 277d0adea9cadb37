import type { AdmittedAttempt } from '../model/attempt.ts'
import type { Attempt, AttemptControl, Cancellation } from '../model/pipeline.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'

/** When it was sent, as far as is known; an attempt may wait for long before it is. */
function dispatchedAt({ admittedAt, dispatch }: AttemptControl): Instant {
  return dispatch === null || dispatch.state === 'waiting' ? admittedAt : latest(admittedAt, dispatch.at)
}

/** When anything was last heard of it: that it was sent, of its run, of a job or step, or of the workflow itself. */
export function lastActivityAt({ run, control }: AdmittedAttempt): Instant {
  const told =
    run === null ? dispatchedAt(control) : run.jobs.reduce((newest, job) => latest(newest, job.at), run.updatedAt)
  return control.report === null ? told : latest(told, control.report.aliveAt)
}

/** When GitHub last said anything of its run, in a delivery or asked; of a run not told yet, when it was dispatched. */
export function lastHeardOfRunAt({ run, control }: Attempt): Instant | null {
  if (run === null) return control === undefined ? null : (control.dispatch?.at ?? control.admittedAt)
  return [...run.jobs.flatMap(({ at, evidence }) => [at, evidence.at]), run.evidence.at].reduce(latest, run.updatedAt)
}

/** When the run began, as far as is known. */
export function runStartedAt({ run, control }: AdmittedAttempt): Instant {
  return run?.startedAt ?? dispatchedAt(control)
}

/** How long a cancelled run may take to end before more is done about it. */
const CANCEL_GRACE_SECONDS = 5 * 60

/** When more is done about a cancelled run that has not ended: by force, later left alone. */
export function nextEscalationAt({ at, forcedAt }: Cancellation): Instant {
  return secondsAfter(forcedAt ?? at, CANCEL_GRACE_SECONDS)
}
