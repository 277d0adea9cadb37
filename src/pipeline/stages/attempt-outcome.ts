// One try at a stage: is it live, how did it end, and by which does its stage stand?

import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Attempt, AttemptControl, DuplicateRun, Stage } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

export type AttemptWithRun = Attempt & { readonly run: RunFact }
export type AttemptOutcome = 'live' | 'done' | 'skipped' | 'failed' | 'cancelled'

/** Attempts that Andon itself began. */
export function admittedAttempts({ attempts }: Pick<Stage, 'attempts'>): readonly AdmittedAttempt[] {
  return attempts.filter(isAdmitted)
}

/** How an attempt stands. What its run concluded counts, also when it comes late. */
export function outcomeOf({ run, control }: Attempt): AttemptOutcome {
  if (run !== null && isCompletedRun(run)) {
    const outcome = outcomeOfRun(run)
    return outcome === 'cancelled' && wasCancelledByDeadline(control) ? 'failed' : outcome
  }
  if (control === undefined || control.closed === null) return 'live'
  // A run that shows although it was refused is a run.
  if (run !== null && control.closed.kind === 'refused') return 'live'
  return control.closed.kind === 'cancelled' ? 'cancelled' : 'failed'
}

/** How a run stands by itself. */
export function outcomeOfRun(run: RunFact): AttemptOutcome {
  return isCompletedRun(run) ? OUTCOME_OF_CONCLUSION[run.conclusion ?? 'stale'] : 'live'
}

/** The run it is bound to, which may be known before GitHub has told anything about that run. */
export function runIdOf({ run, control }: Attempt): number | null {
  return control === undefined ? (run?.id ?? null) : control.runId
}

/** Is it begun and not known to be over? */
export function isLiveAttempt(attempt: Attempt): boolean {
  return outcomeOf(attempt) === 'live'
}

/** Is the run over for good? GitHub calls a run that waits for approval completed; once approved it goes on. */
export function isCompletedRun({ status, conclusion }: RunFact): boolean {
  return status === 'completed' && conclusion !== 'action_required'
}

/** Is it begun, and nothing of it sent to GitHub yet? */
export function isUndispatched({ run, control }: Attempt): boolean {
  if (control === undefined || run !== null || control.runId !== null) return false
  const { closed, cancel, dispatch } = control
  return closed === null && cancel === null && (dispatch === null || dispatch.state === 'waiting')
}

/** Does a run of it go on, as far as is known? One that GitHub would not cancel is left out of account. */
export function hasLiveRun({ run, control }: Attempt): boolean {
  const kind = control?.closed?.kind
  return run !== null && !isCompletedRun(run) && kind !== 'abandoned' && kind !== 'gone'
}

/** A twin that may still be running. */
export function isLiveDuplicate({ run, abandonedAt }: DuplicateRun): boolean {
  return abandonedAt === null && (run === null || !isCompletedRun(run))
}

/** The attempt a stage stands by: a live one before those that are over, and among these the newest that was not skipped. */
export function currentAttempt(stage: Pick<Stage, 'attempts'>): Attempt | null {
  const { attempts } = stage
  if (!attempts.some(isAdmitted)) return newestAttemptWithRun(stage)
  const ran = attempts.findLast((attempt) => isAdmitted(attempt) || attempt.run?.conclusion !== 'skipped')
  return attempts.findLast(isLiveAttempt) ?? ran ?? attempts.at(-1) ?? null
}

/** Where somebody else starts the runs: the newest, but a run that GitHub skipped says nothing over one that ran. */
export function newestAttemptWithRun({ attempts }: Pick<Stage, 'attempts'>): AttemptWithRun | null {
  const tried = attempts.filter(hasRun)
  return tried.findLast(({ run }) => run.conclusion !== 'skipped') ?? tried.at(-1) ?? null
}

/** When it began: by our clock if we began it. */
export function attemptStartedAt({ control, run }: Attempt): Instant {
  return control?.admittedAt ?? run?.startedAt ?? ''
}

/** When it was over, if it is. */
export function attemptEndedAt({ control, run }: Attempt): Instant | null {
  return run !== null && isCompletedRun(run) ? run.updatedAt : (control?.closed?.at ?? null)
}

function hasRun(attempt: Attempt): attempt is AttemptWithRun {
  return attempt.run !== null
}

/** Cancelled by the watchdog, which is a failure of the attempt, and not by somebody who wanted it stopped. */
function wasCancelledByDeadline(control: AttemptControl | undefined): boolean {
  const reason = control?.cancel?.reason
  return reason === 'silence' || reason === 'time_limit' || reason === 'never_started'
}

const OUTCOME_OF_CONCLUSION = {
  success: 'done',
  neutral: 'done',
  skipped: 'skipped',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  stale: 'failed',
  cancelled: 'cancelled',
  action_required: 'live',
} as const satisfies Record<Conclusion, AttemptOutcome>
