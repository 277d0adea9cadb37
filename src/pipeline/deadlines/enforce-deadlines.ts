// The two clocks of an attempt, and what is done when one of them stands still: GitHub is asked first, because we may have
// been the ones asleep; only what GitHub then still calls live is cancelled if it is ours, later by force, and in the end
// left alone so that its slot is free.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Cancellation, DuplicateRun, Pipeline, Reconciliation, Stage } from '../model/pipeline.ts'
import { earliest, type Instant, latest, secondsAfter } from '../model/time.ts'
import { hasLiveRun, isLiveAttempt, isLiveDuplicate, runIdOf } from '../stages/attempt-outcome.ts'
import { lastActivityAt, runStartedAt } from '../stages/attempt-timings.ts'
import { nextEscalationAt } from '../stages/cancellation.ts'
import { silentRunQuestionAt } from './silent-run-question.ts'

/** How long a slot waits for GitHub's last word about a run that will not end. */
const RECONCILE_TIMEOUT_SECONDS = 15 * 60

/** What the clock changes: deadlines that have passed are acted upon, once. */
export function enforceDeadlines(pipeline: Pipeline, now: Instant, evidence: Evidence): Pipeline {
  return updateAttempts(pipeline, (attempt, rule, stage) => {
    const enforced = isAdmitted(attempt) ? enforceOnAttempt(attempt, rule, now, evidence) : attempt
    const questionAt = silentRunQuestionAt(pipeline, stage, enforced)
    return questionAt !== null && questionAt <= now ? { ...enforced, reconciliation: newReconciliation(now) } : enforced
  })
}

/** GitHub has answered how a run stands: what is still live and silent, or past its limit, is given up. */
export function enforceOnReconciledRun(
  pipeline: Pipeline,
  runId: number,
  isKnown: boolean,
  now: Instant,
  evidence: Evidence,
): Pipeline {
  return updateAttempts(pipeline, (attempt, rule) => {
    if (runIdOf(attempt) !== runId) return attempt
    const { reconciliation } = attempt
    const told = { ...attempt, ...(reconciliation && { reconciliation: { ...reconciliation, answeredAt: now } }) }
    if (!isAdmitted(told)) return told
    const { control } = told
    if (!isLiveAttempt(told) && !hasLiveRun(told)) return told
    if (!isKnown)
      return {
        ...told,
        control: { ...told.control, closed: { kind: 'gone', message: RUN_UNKNOWN, at: now, evidence } },
      }
    if (control.cancel !== null) return isForceExhausted(told) ? abandonRun(told, now, evidence) : told
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
  const closed = { kind: 'cancelled', message: `was called off by @${by}`, at: now, evidence } as const
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
  return pipeline.stages.flatMap((stage, index) => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined) return []
    return stage.attempts.flatMap((attempt) => [
      ...(isAdmitted(attempt) ? attemptDeadlines(attempt, rule) : []),
      ...[silentRunQuestionAt(pipeline, stage, attempt)].filter((moment) => moment !== null),
    ])
  })
}

function enforceOnAttempt(attempt: AdmittedAttempt, rule: StageConfig, now: Instant, evidence: Evidence): Attempt {
  const { control } = attempt
  const duplicateRuns = control.duplicateRuns.map((twin) => escalateDuplicate(twin, now))
  const pressing = { ...attempt, control: { ...control, duplicateRuns } }
  if (control.runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return pressing
  const { cancel } = control
  if (cancel === null) {
    return reconcileAt(attempt, rule) <= now ? { ...pressing, reconciliation: newReconciliation(now) } : pressing
  }
  if (escalateAt(attempt, cancel) > now) return pressing
  if (cancel.forcedAt === null) {
    const forced = { ...control, duplicateRuns, cancel: { ...cancel, forcedAt: now } }
    return { ...pressing, control: forced, reconciliation: newReconciliation(now) }
  }
  // What was finished and never told is found before the run is left alone; but a slot does not wait for ever.
  return isForceExhausted(attempt)
    ? abandonRun(pressing, now, evidence)
    : { ...pressing, reconciliation: newReconciliation(now) }
}

/** Was GitHub asked once more after force had had its time? */
function isForceExhausted({ reconciliation, control: { cancel } }: AdmittedAttempt): boolean {
  return (
    reconciliation !== undefined &&
    cancel !== null &&
    cancel.forcedAt !== null &&
    reconciliation.at >= nextEscalationAt(cancel)
  )
}

function abandonRun(attempt: AdmittedAttempt, at: Instant, evidence: Evidence): Attempt {
  return {
    ...attempt,
    control: { ...attempt.control, closed: { kind: 'abandoned', message: ABANDONED, at, evidence } },
  }
}

function escalateAt(attempt: AdmittedAttempt, cancel: Cancellation): Instant {
  const { reconciliation } = attempt
  if (reconciliation === undefined || !isForceExhausted(attempt)) return nextEscalationAt(cancel)
  return secondsAfter(reconciliation.at, RECONCILE_TIMEOUT_SECONDS)
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
  return [...ofTwins, control.cancel === null ? reconcileAt(attempt, rule) : escalateAt(attempt, control.cancel)]
}

/** When GitHub is asked how the run stands: at the end of silence or at the limit; then again each time as long after. */
function reconcileAt(attempt: AdmittedAttempt, { timeoutSeconds, limitSeconds }: StageConfig): Instant {
  const { reconciliation } = attempt
  const silentAt = secondsAfter(lastActivityAt(attempt), timeoutSeconds)
  const limitAt = secondsAfter(runStartedAt(attempt), limitSeconds)
  const first = earliest(silentAt, limitAt)
  if (reconciliation === undefined || reconciliation.at < first) return first
  const next = secondsAfter(reconciliation.answeredAt ?? reconciliation.at, timeoutSeconds)
  return reconciliation.at < limitAt ? earliest(latest(silentAt, next), limitAt) : next
}

function whyCancel(attempt: AdmittedAttempt, rule: StageConfig, now: Instant): Cancellation['reason'] | null {
  const { run, control } = attempt
  if (secondsAfter(runStartedAt(attempt), rule.limitSeconds) <= now) return 'time_limit'
  if (secondsAfter(lastActivityAt(attempt), rule.timeoutSeconds) > now) return null
  if (run === null || run.status === 'queued') return 'never_started'
  // One that never reports is not killed for its silence: GitHub says that it is at work.
  return control.report === null ? null : 'silence'
}

function newReconciliation(now: Instant): Reconciliation {
  return { at: now, answeredAt: null }
}

function beginCancellation(reason: Cancellation['reason'], at: Instant): Cancellation {
  return { reason, at, forcedAt: null, response: null }
}

function updateAttempts(
  pipeline: Pipeline,
  change: (attempt: Attempt, rule: StageConfig, stage: Stage) => Attempt,
): Pipeline {
  const stages = pipeline.stages.map((stage, index): Stage => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined || stage.attempts.length === 0) return stage
    return { ...stage, attempts: stage.attempts.map((attempt) => change(attempt, rule, stage)) }
  })
  return { ...pipeline, stages }
}

const RUN_UNKNOWN = 'has no run any more, says GitHub'
const ABANDONED = 'would not be cancelled and is left alone'
