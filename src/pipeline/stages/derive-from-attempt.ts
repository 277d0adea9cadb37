// How a stage stands by one attempt: what that waits for, how it goes, how it ended. Where a run is known, as the run
// does, whoever started it.
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Attempt, Stage, Trigger } from '../model/pipeline.ts'
import type { AttemptReason, AttemptRef } from '../model/reason.ts'
import { admittedAttempts, isCompletedRun, newestAttemptWithRun, outcomeOfRun } from './attempt-outcome.ts'
import { nextEscalationAt } from './attempt-timings.ts'
import { type DerivedStage, type StageContext, UNTOUCHED } from './derived-stage.ts'

/** How a stage stands whose runs somebody else starts; null while it has none. */
export function deriveObservedWorkflow(stage: Stage): DerivedStage | null {
  const tried = newestAttemptWithRun(stage)
  if (tried === null) return null
  return deriveFromRun(tried.run, { number: tried.number, limit: null, rerun: tried.run.runAttempt - 1 })
}

type StageRules = Pick<StageContext, 'stage' | 'rule'>

/** How a stage stands by one attempt. */
export function deriveFromAttempt(here: StageRules, admitted: Attempt): DerivedStage {
  const { run } = admitted
  const attempt = attemptRefOf(here, admitted)
  if (!isAdmitted(admitted)) return run === null ? UNTOUCHED : deriveFromRun(run, attempt)
  const { closed, cancel } = admitted.control
  // A run that shows although it was refused is a run.
  if (closed !== null && (run === null || (closed.kind !== 'refused' && !isCompletedRun(run)))) {
    const { at: since, evidence, ...cause } = closed
    const status = closed.kind === 'cancelled' ? 'cancelled' : 'failed'
    return { status, reason: { kind: 'closed', attempt, closed: cause }, since, evidence }
  }
  if (run === null) {
    const { admittedAt: since, evidence } = admitted.control
    return { status: 'queued', reason: reasonWithoutRun(admitted.control, attempt), since, evidence }
  }
  const derived = deriveFromRun(run, attempt)
  if (cancel === null) return derived.status === 'running' ? withReport(derived, admitted, attempt) : derived
  if (!isCompletedRun(run)) {
    const next = { isForced: cancel.forcedAt !== null, at: nextEscalationAt(cancel) }
    return { ...derived, reason: { kind: 'cancelling', attempt, cause: cancel.reason, next } }
  }
  if (run.conclusion !== 'cancelled') return derived
  const status = cancel.reason === 'command' || cancel.reason === 'superseded' ? 'cancelled' : 'failed'
  return { ...derived, status, reason: { kind: 'cancelled', attempt, cause: cancel.reason } }
}

/** `attempt 2 of 3`: a person's order, or a round of rework, allows more of them. */
export function attemptRefOf(here: StageRules, attempt: Attempt): AttemptRef {
  if (!isAdmitted(attempt)) return { number: null, limit: null, rerun: 0 }
  const rerun = attempt.run === null ? 0 : attempt.run.runAttempt - 1
  return refOfLimit(here, attempt.number, attempt.control.trigger, rerun)
}

/** The same of the attempt that would come next. */
export function nextAttemptRef(here: StageRules, trigger: Trigger): AttemptRef {
  return refOfLimit(here, nextAttemptNumber(here.stage), trigger, 0)
}

/** Numbers go on through all calls, so that a key never recurs. */
export function nextAttemptNumber(stage: Stage): number {
  return (admittedAttempts(stage).at(-1)?.number ?? 0) + 1
}

function refOfLimit({ stage, rule }: StageRules, number: number, trigger: Trigger, rerun: number): AttemptRef {
  const before = admittedAttempts(stage).filter(
    (other) => other.control.trigger.id !== trigger.id && other.number < number,
  )
  return { number, limit: before.length + rule.attempts, rerun }
}

function deriveFromRun(run: RunFact, attempt: AttemptRef): DerivedStage {
  const { evidence, startedAt: since } = run
  if (run.conclusion === 'action_required')
    return { status: 'queued', reason: { kind: 'waits-for-github-approval', attempt }, since, evidence }
  if (run.status === 'queued')
    return { status: 'queued', reason: { kind: 'waits-for-runner', attempt }, since, evidence }
  if (run.status === 'in_progress')
    return { status: 'running', reason: { kind: 'running', attempt, job: jobUnderWay(run) }, since, evidence }
  const conclusion = run.conclusion ?? 'stale'
  const outcome = outcomeOfRun(run)
  const failed = run.jobs.find((job) => job.conclusion !== null && FAILURES.includes(job.conclusion))
  return {
    status: outcome === 'live' ? 'queued' : outcome,
    reason: { kind: 'concluded', attempt, conclusion, failedJob: failed?.name ?? null },
    since: run.updatedAt,
    evidence,
  }
}

const FAILURES: readonly Conclusion[] = ['failure', 'timed_out', 'startup_failure', 'stale']

function jobUnderWay({ jobs }: RunFact): Extract<AttemptReason, { kind: 'running' }>['job'] {
  const job = jobs.find(({ status }) => status === 'in_progress')
  if (job === undefined) return null
  const { name, step, stepsCompleted, stepsTotal } = job
  return { name, step, stepsCompleted, stepsTotal }
}

/** What the workflow itself said last tells more than the names of its jobs and steps. */
function withReport(derived: DerivedStage, admitted: AdmittedAttempt, attempt: AttemptRef): DerivedStage {
  const { key, control } = admitted
  const { progress = null, text = null, progressAt = null } = control.report ?? {}
  if (progress === null && !text) return derived
  const evidence = progressAt === null ? derived.evidence : ({ kind: 'beat', id: key, at: progressAt } as const)
  return { ...derived, reason: { kind: 'reports', attempt, progress, text }, evidence }
}

/** Admitted, and no run of it is known yet. */
function reasonWithoutRun({ dispatch, cancel }: AdmittedAttempt['control'], attempt: AttemptRef): AttemptReason {
  if (cancel !== null) return { kind: 'cancelling', attempt, cause: cancel.reason, next: null }
  if (dispatch?.state === 'confirmed') return { kind: 'waits-for-runner', attempt }
  if (dispatch === null || dispatch.reason === null) return { kind: 'being-started', attempt }
  const { state, reason, until, needsPerson } = dispatch
  if (state === 'waiting') return { kind: 'waits-for-dispatch', attempt, dispatch: reason, until }
  if (state === 'unconfirmed') return { kind: 'unconfirmed', attempt, dispatch: reason, needsPerson }
  return { kind: 'being-started', attempt }
}
