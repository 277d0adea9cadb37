// A stage by one of its attempts, whichever of them it follows: by the run where that is known, else by what Andon did.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Attempt, AttemptControl, Stage, Trigger } from '../model/pipeline.ts'
import type { AttemptReason, AttemptRef } from '../model/reason.ts'
import {
  admittedAttempts,
  attemptsForTrigger,
  closingOf,
  countExcused,
  nextEscalationAt,
  OUTCOME_OF_CANCELLATION,
} from './attempts.ts'
import { type DerivedFromRun, deriveFromRun } from './derive-from-run.ts'
import { isSpent } from './refusals.ts'
import { isCompletedRun } from './run-outcome.ts'

/** The stage of the attempt, and its entry in `andon.yml`. */
type AttemptContext = { readonly stage: Stage; readonly rule: StageConfig }

type DerivedFromAttempt = Pick<Stage, 'status' | 'since' | 'evidence'> & { readonly reason: AttemptReason | null }

/** A stage about which nothing is known. */
export const UNTOUCHED = { status: 'idle', reason: null, since: null, evidence: null } as const

/** What became of the attempt; `UNTOUCHED` before anything is known. */
export function deriveFromAttempt(context: AttemptContext, attempt: Attempt): DerivedFromAttempt {
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
    const next = { isForced: forcedAt !== null, at: nextEscalationAt(cancel, attempt) }
    return { ...derived, reason: { kind: 'cancelling', attempt: ref, cause, next } }
  }
  if (run.conclusion !== 'cancelled') return derived
  return { ...derived, status: OUTCOME_OF_CANCELLATION[cause], reason: { kind: 'cancelled', attempt: ref, cause } }
}

/** `attempt 2 of 3` */
export function attemptRefOf(context: AttemptContext, { number, run, control }: Attempt): AttemptRef {
  if (control === undefined) return { number: null, limit: null, rerun: 0 }
  return limitedRef(context, number, control.trigger, run === null ? 0 : run.runAttempt - 1)
}

/** The limit grows with each trigger, which allows as many attempts again, and with each attempt that GitHub refused. */
export function limitedRef(
  { stage, rule }: AttemptContext,
  number: number,
  { id }: Trigger,
  rerun: number,
): AttemptRef {
  const earlier = admittedAttempts(stage).filter((other) => {
    return other.number < number && (other.control.trigger.id !== id || !isSpent(other))
  })
  const own = attemptsForTrigger(stage, id)
  return { number, limit: earlier.length + countExcused(own) + rule.attempts, rerun }
}

/** The workflow's own report says more than the names of its jobs and steps. */
function withReport(derived: DerivedFromRun, { key, control }: AdmittedAttempt, attempt: AttemptRef): DerivedFromRun {
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
