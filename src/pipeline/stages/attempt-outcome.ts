// One try at a stage: is it live, how did it end, and by which does its stage stand?

import { isOwn, type OwnAttempt } from '../model/attempt.ts'
import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Attempt, Ours, Stage, Twin } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

export type Tried = Attempt & { readonly run: RunFact }
export type Outcome = 'live' | 'done' | 'skipped' | 'failed' | 'cancelled'

/** Attempts that Andon itself began. */
export function ownAttempts({ attempts }: Pick<Stage, 'attempts'>): readonly OwnAttempt[] {
  return attempts.filter(isOwn)
}

/** How an attempt stands. What its run concluded counts, also when it comes late. */
export function outcomeOf({ run, ours }: Attempt): Outcome {
  if (run !== null && isOverRun(run)) {
    const outcome = outcomeOfRun(run)
    return outcome === 'cancelled' && wasGivenUp(ours) ? 'failed' : outcome
  }
  if (ours === undefined || ours.over === null) return 'live'
  // A run that shows although it was refused is a run.
  if (run !== null && ours.over.how === 'refused') return 'live'
  return ours.over.how === 'ordered' ? 'cancelled' : 'failed'
}

/** How a run stands by itself. */
export function outcomeOfRun(run: RunFact): Outcome {
  return isOverRun(run) ? CONCLUDED[run.conclusion ?? 'stale'] : 'live'
}

/** Is it begun and not known to be over? */
export function isLiveAttempt(attempt: Attempt): boolean {
  return outcomeOf(attempt) === 'live'
}

/** Is the run over for good? GitHub calls a run that waits for approval completed; once approved it goes on. */
export function isOverRun({ status, conclusion }: RunFact): boolean {
  return status === 'completed' && conclusion !== 'action_required'
}

/** Is it begun, and nothing of it sent to GitHub yet? */
export function isUnsent({ run, ours }: Attempt): boolean {
  if (ours === undefined || run !== null || ours.runId !== null) return false
  const { over, cancel, dispatch } = ours
  return over === null && cancel === null && (dispatch === null || dispatch.state === 'waiting')
}

/** Does a run of it go on, as far as is known? One that GitHub would not cancel is left out of account. */
export function hasLiveRun({ run, ours }: Attempt): boolean {
  const how = ours?.over?.how
  return run !== null && !isOverRun(run) && how !== 'quarantined' && how !== 'gone'
}

/** A twin that may still be running. */
export function isLiveTwin({ run, leftAt }: Twin): boolean {
  return leftAt === null && (run === null || !isOverRun(run))
}

/** The attempt a stage stands by: a live one before those that are over, and among these the newest that was not skipped. */
export function currentAttempt(stage: Pick<Stage, 'attempts'>): Attempt | null {
  const { attempts } = stage
  if (!attempts.some(isOwn)) return newestAttempt(stage)
  const ran = attempts.findLast((attempt) => isOwn(attempt) || attempt.run?.conclusion !== 'skipped')
  return attempts.findLast(isLiveAttempt) ?? ran ?? attempts.at(-1) ?? null
}

/** Where somebody else starts the runs: the newest, but a run that GitHub skipped says nothing over one that ran. */
export function newestAttempt({ attempts }: Pick<Stage, 'attempts'>): Tried | null {
  const tried = attempts.filter(hasRun)
  return tried.findLast(({ run }) => run.conclusion !== 'skipped') ?? tried.at(-1) ?? null
}

/** When it began: by our clock if we began it. */
export function begunAt({ ours, run }: Attempt): Instant {
  return ours?.admittedAt ?? run?.startedAt ?? ''
}

/** When it was over, if it is. */
export function overAt({ ours, run }: Attempt): Instant | null {
  return run !== null && isOverRun(run) ? run.updatedAt : (ours?.over?.at ?? null)
}

function hasRun(attempt: Attempt): attempt is Tried {
  return attempt.run !== null
}

/** Cancelled by the watchdog, which is a failure of the attempt, and not by somebody who wanted it stopped. */
function wasGivenUp(ours: Ours | undefined): boolean {
  const why = ours?.cancel?.why
  return why === 'silence' || why === 'limit' || why === 'never started'
}

const CONCLUDED = {
  success: 'done',
  neutral: 'done',
  skipped: 'skipped',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  stale: 'failed',
  cancelled: 'cancelled',
  action_required: 'live',
} as const satisfies Record<Conclusion, Outcome>
