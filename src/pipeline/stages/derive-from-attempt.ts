// A stage's status by one attempt: what it waits for, how it goes, how it ended. Where a run is known, the run decides,
// no matter who started it.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Attempt, AttemptControl, Pipeline, Stage, Trigger } from '../model/pipeline.ts'
import type { AttemptReason, AttemptRef } from '../model/reason.ts'
import {
  admittedAttempts,
  closingOf,
  currentAttempt,
  isCompletedRun,
  nextAttemptNumber,
  nextEscalationAt,
  OUTCOME_OF_CANCELLATION,
  OUTCOME_OF_CONCLUSION,
} from './attempts.ts'

/** The part of a stage that follows from the facts. */
export type DerivedStage = Pick<Stage, 'status' | 'reason' | 'since' | 'evidence' | 'queuedAt' | 'retryAt'>

/** A stage and what it is derived from; `before` are the stages before it, already derived. */
export type StageContext = {
  readonly pipeline: Pipeline
  readonly stage: Stage
  readonly rule: StageConfig
  readonly trigger: Trigger | null
  readonly before: readonly Stage[]
}

/** A stage about which nothing is known. */
export const UNTOUCHED: DerivedStage = { status: 'idle', reason: null, since: null, evidence: null }

export function blankStage(name: Stage['name']): Stage {
  return { name, ...UNTOUCHED, attempts: [] }
}

/** A stage whose workflow Andon only observes; null while it has no run. */
export function deriveObservedWorkflow(stage: Stage): DerivedStage | null {
  const attempt = currentAttempt(stage)
  if (attempt === null || attempt.run === null) return null
  const { number, run } = attempt
  return deriveFromRun(run, { number, limit: null, rerun: run.runAttempt - 1 })
}

export function deriveFromAttempt(context: StageContext, attempt: Attempt): DerivedStage {
  const { run } = attempt
  const ref = attemptRefOf(context, attempt)
  if (!isAdmitted(attempt)) return run === null ? UNTOUCHED : deriveFromRun(run, ref)
  const closing = closingOf(attempt)
  if (closing !== null) {
    const { at: since, evidence, ...closed } = closing
    const status = closed.kind === 'cancelled' ? 'cancelled' : 'failed'
    return { status, reason: { kind: 'closed', attempt: ref, closed }, since, evidence }
  }
  const { cancel, admittedAt: since, evidence } = attempt.control
  if (run === null) return { status: 'queued', reason: reasonWithoutRun(attempt.control, ref), since, evidence }
  const derived = deriveFromRun(run, ref)
  if (cancel === null) return derived.status === 'running' ? withReport(derived, attempt, ref) : derived
  const { reason: cause, forcedAt } = cancel
  if (!isCompletedRun(run)) {
    const next = { isForced: forcedAt !== null, at: nextEscalationAt(cancel) }
    return { ...derived, reason: { kind: 'cancelling', attempt: ref, cause, next } }
  }
  if (run.conclusion !== 'cancelled') return derived
  return { ...derived, status: OUTCOME_OF_CANCELLATION[cause], reason: { kind: 'cancelled', attempt: ref, cause } }
}

/** `attempt 2 of 3` */
export function attemptRefOf(context: StageContext, attempt: Attempt): AttemptRef {
  if (!isAdmitted(attempt)) return { number: null, limit: null, rerun: 0 }
  const rerun = attempt.run === null ? 0 : attempt.run.runAttempt - 1
  return limitedRef(context, attempt.number, attempt.control.trigger, rerun)
}

export function nextAttemptRef(context: StageContext, trigger: Trigger): AttemptRef {
  return limitedRef(context, nextAttemptNumber(context.stage), trigger, 0)
}

/** The limit grows with each trigger: a command or a round of rework allows as many attempts again. */
function limitedRef({ stage, rule }: StageContext, number: number, trigger: Trigger, rerun: number): AttemptRef {
  const isEarlier = (other: AdmittedAttempt) => other.control.trigger.id !== trigger.id && other.number < number
  return { number, limit: admittedAttempts(stage).filter(isEarlier).length + rule.attempts, rerun }
}

function deriveFromRun(run: RunFact, attempt: AttemptRef): DerivedStage {
  const { evidence, startedAt: since } = run
  if (run.conclusion === 'action_required')
    return { status: 'queued', reason: { kind: 'waits-for-github-approval', attempt }, since, evidence }
  if (run.status === 'queued')
    return { status: 'queued', reason: { kind: 'waits-for-runner', attempt }, since, evidence }
  if (run.status === 'in_progress')
    return { status: 'running', reason: { kind: 'running', attempt, job: jobInProgress(run) }, since, evidence }
  const conclusion = run.conclusion ?? 'stale'
  const failedJob = run.jobs.find((job) => job.conclusion !== null && FAILURES.includes(job.conclusion))?.name ?? null
  const reason = { kind: 'concluded', attempt, conclusion, failedJob } as const
  return { status: OUTCOME_OF_CONCLUSION[conclusion], reason, since: run.updatedAt, evidence }
}

const FAILURES: readonly Conclusion[] = ['failure', 'timed_out', 'startup_failure', 'stale']

function jobInProgress({ jobs }: RunFact): Extract<AttemptReason, { kind: 'running' }>['job'] {
  const job = jobs.find(({ status }) => status === 'in_progress')
  if (job === undefined) return null
  const { name, step, stepsCompleted, stepsTotal } = job
  return { name, step, stepsCompleted, stepsTotal }
}

/** The workflow's own report says more than the names of its jobs and steps. */
function withReport(derived: DerivedStage, { key, control }: AdmittedAttempt, attempt: AttemptRef): DerivedStage {
  const { progress = null, text = null, progressAt = null } = control.report ?? {}
  if (progress === null && !text) return derived
  const evidence = progressAt === null ? derived.evidence : ({ kind: 'beat', id: key, at: progressAt } as const)
  return { ...derived, reason: { kind: 'reports', attempt, progress, text }, evidence }
}

function reasonWithoutRun({ dispatch, cancel }: AttemptControl, attempt: AttemptRef): AttemptReason {
  if (cancel !== null) return { kind: 'cancelling', attempt, cause: cancel.reason, next: null }
  if (dispatch?.state === 'confirmed') return { kind: 'waits-for-runner', attempt }
  if (dispatch === null || dispatch.reason === null) return { kind: 'being-started', attempt }
  const { state, reason, until, needsPerson } = dispatch
  if (state === 'waiting') return { kind: 'waits-for-dispatch', attempt, dispatch: reason, until }
  if (state === 'unconfirmed') return { kind: 'unconfirmed', attempt, dispatch: reason, needsPerson }
  return { kind: 'being-started', attempt }
}
