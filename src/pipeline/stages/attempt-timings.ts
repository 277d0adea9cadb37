import type { AdmittedAttempt } from '../model/attempt.ts'
import type { AttemptControl } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'

/** When it was sent, as far as is known; an attempt may wait for long before it is. */
export function dispatchedAt({ admittedAt, dispatch }: AttemptControl): Instant {
  return dispatch === null || dispatch.state === 'waiting' ? admittedAt : latest(admittedAt, dispatch.at)
}

/** When anything was last heard of it: that it was sent, of its run, of a job or step, or of the workflow itself. */
export function lastActivityAt({ run, control }: AdmittedAttempt): Instant {
  const told =
    run === null ? dispatchedAt(control) : run.jobs.reduce((newest, job) => latest(newest, job.at), run.updatedAt)
  return control.report === null ? told : latest(told, control.report.aliveAt)
}

/** When the run began, as far as is known. */
export function runStartedAt({ run, control }: AdmittedAttempt): Instant {
  return run?.startedAt ?? dispatchedAt(control)
}
