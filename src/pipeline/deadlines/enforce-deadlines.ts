// The two clocks of an attempt of ours, and what is done when one of them stands still: GitHub is asked first, because we
// may have been the ones asleep; only what GitHub then still calls live is cancelled, later by force, and in the end left
// alone so that its slot is free.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, AttemptControl, Cancellation, DuplicateRun, Pipeline, Stage } from '../model/pipeline.ts'
import type { CancellationCause } from '../model/reason.ts'
import { earliest, type Instant, latest, secondsAfter } from '../model/time.ts'
import { hasLiveRun, isLiveAttempt, isLiveDuplicate } from '../stages/attempt-outcome.ts'
import { lastActivityAt, nextEscalationAt, runStartedAt } from '../stages/attempt-timings.ts'

/** How long a slot waits for GitHub's last word about a run that will not end. */
const RECONCILE_TIMEOUT_SECONDS = 15 * 60

/** What the clock changes: deadlines that have passed are acted upon, once. */
export function enforceDeadlines(pipeline: Pipeline, now: Instant, evidence: Evidence): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt, rule) => enforceOnAttempt(attempt, rule, now, evidence))
}

/** GitHub has answered how a run stands: what is still live and silent, or past its limit, is given up. */
export function enforceOnReconciledRun(
  pipeline: Pipeline,
  runId: number,
  isKnown: boolean,
  now: Instant,
  evidence: Evidence,
): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt, rule) => {
    const { control } = attempt
    if (control.runId !== runId) return attempt
    const reconciliation = control.reconciliation && { ...control.reconciliation, answeredAt: now }
    const told = { ...attempt, control: { ...control, reconciliation } }
    if (!isLiveAttempt(told) && !hasLiveRun(told)) return told
    if (!isKnown) return { ...told, control: { ...told.control, closed: { kind: 'gone', at: now, evidence } } }
    if (control.cancel !== null) return isForceExhausted(control) ? abandonRun(told, now, evidence) : told
    const why = whyCancel(told, rule, now)
    return why === null ? told : { ...told, control: { ...told.control, cancel: beginCancellation(why, now) } }
  })
}

/** Runs that must not go on beside another: twins of an attempt, and older attempts once a newer one is live. */
export function cancelSupersededRuns(pipeline: Pipeline, now: Instant): Pipeline {
  const stages = pipeline.stages.map((stage): Stage => {
    const newest = stage.attempts.findLast((attempt) => isAdmitted(attempt) && isLiveAttempt(attempt))
    const attempts = stage.attempts.map((attempt) => {
      if (!isAdmitted(attempt)) return attempt
      const { control } = attempt
      const duplicateRuns = control.duplicateRuns.map((twin) => {
        return twin.cancel === null && isLiveDuplicate(twin)
          ? { ...twin, cancel: beginCancellation('superseded', now) }
          : twin
      })
      const isStray = attempt.number < (newest?.number ?? 0) && hasLiveRun(attempt) && control.cancel === null
      return {
        ...attempt,
        control: { ...control, duplicateRuns, cancel: isStray ? beginCancellation('superseded', now) : control.cancel },
      }
    })
    return { ...stage, attempts }
  })
  return { ...pipeline, stages }
}

/** Stops an attempt because a person said so. One of which nothing was sent, or which nobody can find, is over at once. */
export function cancelAttempt(attempt: AdmittedAttempt, by: string, now: Instant, evidence: Evidence): Attempt {
  const { control } = attempt
  const { dispatch } = control
  const isUnsent = dispatch === null || dispatch.state === 'waiting' || dispatch.needsPerson
  const isOver = control.runId === null && isUnsent
  if (!isLiveAttempt(attempt) || (control.cancel !== null && !isOver)) return attempt
  const closed = { kind: 'cancelled', by, at: now, evidence } as const
  return {
    ...attempt,
    control: {
      ...control,
      cancel: control.cancel ?? beginCancellation('command', now),
      closed: isOver ? closed : null,
    },
  }
}

/** When the clock is wanted next for what is done, not only shown; a moment that has passed is still wanted. */
export function pipelineDeadlines(pipeline: Pipeline): readonly Instant[] {
  const moments: Instant[] = []
  updateAdmittedAttempts(pipeline, (attempt, rule) => {
    moments.push(...attemptDeadlines(attempt, rule))
    return attempt
  })
  return moments
}

function enforceOnAttempt(attempt: AdmittedAttempt, rule: StageConfig, now: Instant, evidence: Evidence): Attempt {
  const { control } = attempt
  const duplicateRuns = control.duplicateRuns.map((twin) => escalateDuplicate(twin, now))
  const pressing = { ...attempt, control: { ...control, duplicateRuns } }
  if (control.runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return pressing
  const { cancel } = control
  if (cancel === null) {
    return reconcileAt(attempt, rule) <= now
      ? { ...pressing, control: { ...control, duplicateRuns, reconciliation: newReconciliation(now) } }
      : pressing
  }
  if (escalateAt(control, cancel) > now) return pressing
  if (cancel.forcedAt === null) {
    return {
      ...pressing,
      control: {
        ...control,
        duplicateRuns,
        cancel: { ...cancel, forcedAt: now },
        reconciliation: newReconciliation(now),
      },
    }
  }
  // What was finished and never told is found before the run is left alone; but a slot does not wait for ever.
  return isForceExhausted(control)
    ? abandonRun(pressing, now, evidence)
    : { ...pressing, control: { ...control, duplicateRuns, reconciliation: newReconciliation(now) } }
}

/** Was GitHub asked once more after force had had its time? */
function isForceExhausted({ reconciliation, cancel }: AttemptControl): boolean {
  return (
    reconciliation !== null &&
    cancel !== null &&
    cancel.forcedAt !== null &&
    reconciliation.at >= nextEscalationAt(cancel)
  )
}

function abandonRun(attempt: AdmittedAttempt, at: Instant, evidence: Evidence): Attempt {
  return { ...attempt, control: { ...attempt.control, closed: { kind: 'abandoned', at, evidence } } }
}

function escalateAt(control: AttemptControl, cancel: Cancellation): Instant {
  if (control.reconciliation === null || !isForceExhausted(control)) return nextEscalationAt(cancel)
  return secondsAfter(control.reconciliation.at, RECONCILE_TIMEOUT_SECONDS)
}

function escalateDuplicate(twin: DuplicateRun, now: Instant): DuplicateRun {
  if (twin.cancel === null || !isLiveDuplicate(twin) || nextEscalationAt(twin.cancel) > now) return twin
  return twin.cancel.forcedAt === null
    ? { ...twin, cancel: { ...twin.cancel, forcedAt: now } }
    : { ...twin, abandonedAt: now }
}

function attemptDeadlines(attempt: AdmittedAttempt, rule: StageConfig): readonly Instant[] {
  const { control } = attempt
  const ofTwins = control.duplicateRuns.flatMap((twin) =>
    twin.cancel !== null && isLiveDuplicate(twin) ? [nextEscalationAt(twin.cancel)] : [],
  )
  if (control.runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return ofTwins
  return [...ofTwins, control.cancel === null ? reconcileAt(attempt, rule) : escalateAt(control, control.cancel)]
}

/** When GitHub is asked how the run stands: at the end of silence or at the limit; then again each time as long after. */
function reconcileAt(attempt: AdmittedAttempt, { timeoutSeconds, limitSeconds }: StageConfig): Instant {
  const { reconciliation } = attempt.control
  const silentAt = secondsAfter(lastActivityAt(attempt), timeoutSeconds)
  const limitAt = secondsAfter(runStartedAt(attempt), limitSeconds)
  const first = earliest(silentAt, limitAt)
  if (reconciliation === null || reconciliation.at < first) return first
  const next = secondsAfter(reconciliation.answeredAt ?? reconciliation.at, timeoutSeconds)
  return reconciliation.at < limitAt ? earliest(latest(silentAt, next), limitAt) : next
}

function whyCancel(attempt: AdmittedAttempt, rule: StageConfig, now: Instant): CancellationCause | null {
  const { run, control } = attempt
  if (secondsAfter(runStartedAt(attempt), rule.limitSeconds) <= now) return 'time_limit'
  if (secondsAfter(lastActivityAt(attempt), rule.timeoutSeconds) > now) return null
  if (run === null || run.status === 'queued') return 'never_started'
  // One that never reports is not killed for its silence: GitHub says that it is at work.
  return control.report === null ? null : 'silence'
}

function newReconciliation(now: Instant): { readonly at: Instant; readonly answeredAt: null } {
  return { at: now, answeredAt: null }
}

function beginCancellation(reason: CancellationCause, at: Instant): Cancellation {
  return { reason, at, forcedAt: null, response: null }
}

function updateAdmittedAttempts(
  pipeline: Pipeline,
  change: (attempt: AdmittedAttempt, rule: StageConfig) => Attempt,
): Pipeline {
  const stages = pipeline.stages.map((stage, index): Stage => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined || !stage.attempts.some(isAdmitted)) return stage
    return {
      ...stage,
      attempts: stage.attempts.map((attempt) => (isAdmitted(attempt) ? change(attempt, rule) : attempt)),
    }
  })
  return { ...pipeline, stages }
}
