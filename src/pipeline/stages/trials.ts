// What the attempts of a pipeline show about their workflows, by GitHub's clock alone.
import { isDispatched } from '../../line/stage-rules.ts'
import type { AdmittedAttempt } from '../model/attempt.ts'
import type { Trial } from '../model/breaker.ts'
import type { RunFact } from '../model/facts.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import { admittedAttempts, isLiveAttempt, isUndispatched, outcomeOf } from './attempts.ts'
import { isCompletedRun, runAliveAt } from './run-outcome.ts'

/** An attempt as its pipeline knows it now. */
export type AttemptObservation = {
  readonly workflow: string
  readonly key: string
  readonly isLive: boolean
  readonly isSent: boolean
  readonly startedAt: Instant | null
  /** A job has failed, so the run will. */
  readonly isFailing: boolean
  readonly trial: Trial | null
}

/** The attempts that Andon started. */
export function observeAttempts(pipeline: Pipeline, withinSeconds: number): readonly AttemptObservation[] {
  return pipeline.stages.flatMap((stage, index) => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined || rule.workflow === null || !isDispatched(rule)) return []
    const { workflow } = rule
    return admittedAttempts(stage).map((attempt) => ({
      workflow,
      key: attempt.key,
      isLive: isLiveAttempt(attempt),
      isSent: !isUndispatched(attempt),
      startedAt: attempt.run && startedAtOf(attempt.run),
      isFailing: attempt.run?.jobs.some(({ conclusion }) => conclusion === 'failure') === true,
      trial: trialOf(attempt, pipeline.issue.number, withinSeconds),
    }))
  })
}

/** Null while the attempt has shown nothing, and if it shows nothing about its workflow: it was called off, or reported a limit. */
function trialOf(attempt: AdmittedAttempt, issueNumber: number, withinSeconds: number): Trial | null {
  const { run, key, control } = attempt
  const startedAt = run && startedAtOf(run)
  if (run === null || startedAt === null) return null
  const provenAt = secondsAfter(startedAt, withinSeconds)
  const isOver = isCompletedRun(run)
  const at = isOver ? endedAtOf(run) : runAliveAt(run)
  const trial = { key, issueNumber, startedAt }
  if (at > provenAt) return { ...trial, at: provenAt, isFailed: false }
  if (!isOver) return null
  const outcome = outcomeOf(attempt)
  if (outcome === 'done') return { ...trial, at, isFailed: false }
  return outcome === 'failed' && control.report?.limitedUntil === undefined ? { ...trial, at, isFailed: true } : null
}

/** A run waits for a runner before its first job starts. Null while none has. */
function startedAtOf({ jobs, startedAt, status }: RunFact): Instant | null {
  const [first] = jobs.flatMap((job) => job.startedAt ?? []).sort()
  return first ?? (status === 'queued' ? null : startedAt)
}

function endedAtOf({ jobs, updatedAt }: RunFact): Instant {
  const isKnown = jobs.length > 0 && jobs.every(({ status }) => status === 'completed')
  return isKnown ? jobs.map(({ at }) => at).reduce(latest) : updatedAt
}
