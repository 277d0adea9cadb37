import type { OwnAttempt } from '../model/attempt.ts'
import type { Ours } from '../model/pipeline.ts'
import { type Instant, later } from '../model/time.ts'

/** When it was sent, as far as is known; an attempt may wait for long before it is. */
export function sentAt({ admittedAt, dispatch }: Ours): Instant {
  return dispatch === null || dispatch.state === 'waiting' ? admittedAt : later(admittedAt, dispatch.at)
}

/** When anything was last heard of it: that it was sent, of its run, of a job or step, or of the workflow itself. */
export function heardAt({ run, ours }: OwnAttempt): Instant {
  const told = run === null ? sentAt(ours) : run.jobs.reduce((newest, job) => later(newest, job.at), run.updatedAt)
  return ours.report === null ? told : later(told, ours.report.aliveAt)
}

/** When the run began, as far as is known. */
export function startedAt({ run, ours }: OwnAttempt): Instant {
  return run?.startedAt ?? sentAt(ours)
}
