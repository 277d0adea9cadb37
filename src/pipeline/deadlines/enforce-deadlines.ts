// The two clocks of an attempt, and what is done when one of them stands still: GitHub is asked first, because we may have
// been the ones asleep; only what GitHub then still calls live is cancelled if it is ours, later by force, and in the end
// left alone so that its slot is free.
import type { StageConfig } from '../../line/line.ts'
import {
  type AdmittedAttempt,
  isAdmitted,
  updateAdmittedAttempts,
  updateAttempts,
  withControl,
} from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Cancellation, DuplicateRun, Pipeline, Reconciliation } from '../model/pipeline.ts'
import type { CancellationCause } from '../model/reason.ts'
import { earliest, type Instant, latest, secondsAfter } from '../model/time.ts'
import { hasLiveRun, isLiveAttempt, isLiveDuplicate, runIdOf } from '../stages/attempt-outcome.ts'
import { lastActivityAt, nextEscalationAt, runStartedAt } from '../stages/attempt-timings.ts'
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
    const answered = reconciliation ? { ...attempt, reconciliation: { ...reconciliation, answeredAt: now } } : attempt
    if (!isAdmitted(answered) || (!isLiveAttempt(answered) && !hasLiveRun(answered))) return answered
    if (!isKnown) return withControl(answered, { closed: { kind: 'gone', at: now, evidence } })
    if (answered.control.cancel !== null)
      return isForceExhausted(answered) ? abandonRun(answered, now, evidence) : answered
    const cause = whyCancel(answered, rule, now)
    return cause === null ? answered : withControl(answered, { cancel: beginCancellation(cause, now) })
  })
}

/** Runs that must not go on beside another: duplicates of an attempt's run, and older attempts once a newer one is live. */
export function cancelSupersededRuns(pipeline: Pipeline, now: Instant): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt, _, { attempts }) => {
    const newest = attempts.findLast((other) => isAdmitted(other) && isLiveAttempt(other))
    const cancel = beginCancellation('superseded', now)
    const duplicateRuns = attempt.control.duplicateRuns.map((duplicate) => {
      return duplicate.cancel === null && isLiveDuplicate(duplicate) ? { ...duplicate, cancel } : duplicate
    })
    const isOlder = attempt.number < (newest?.number ?? 0) && hasLiveRun(attempt) && attempt.control.cancel === null
    return withControl(attempt, { duplicateRuns, ...(isOlder && { cancel }) })
  })
}

/** Stops an attempt because a person said so. One of which nothing was sent, or which nobody can find, is over at once. */
export function cancelAttempt(attempt: AdmittedAttempt, by: string, now: Instant, evidence: Evidence): Attempt {
  const { dispatch, cancel, runId } = attempt.control
  const isUnsent = dispatch === null || dispatch.state === 'waiting' || dispatch.needsPerson
  const isOver = runId === null && isUnsent
  if (!isLiveAttempt(attempt) || (cancel !== null && !isOver)) return attempt
  return withControl(attempt, {
    cancel: cancel ?? beginCancellation('command', now),
    closed: isOver ? { kind: 'cancelled', by, at: now, evidence } : null,
  })
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
  const { duplicateRuns, cancel } = attempt.control
  const escalated = withControl(attempt, { duplicateRuns: duplicateRuns.map((run) => escalateDuplicate(run, now)) })
  if (!mayRun(attempt) || deadlineOf(attempt, rule) > now) return escalated
  // What was finished and never told is found before the run is left alone; but a slot does not wait for ever.
  if (isForceExhausted(attempt)) return abandonRun(escalated, now, evidence)
  const asked = { ...escalated, reconciliation: newReconciliation(now) }
  return cancel === null || cancel.forcedAt !== null
    ? asked
    : withControl(asked, { cancel: { ...cancel, forcedAt: now } })
}

function attemptDeadlines(attempt: AdmittedAttempt, rule: StageConfig): readonly Instant[] {
  const ofDuplicates = attempt.control.duplicateRuns.flatMap((duplicate) =>
    duplicate.cancel !== null && isLiveDuplicate(duplicate) ? [nextEscalationAt(duplicate.cancel)] : [],
  )
  return mayRun(attempt) ? [...ofDuplicates, deadlineOf(attempt, rule)] : ofDuplicates
}

/** Is its run known, and not known to be over? */
function mayRun(attempt: AdmittedAttempt): boolean {
  return attempt.control.runId !== null && (isLiveAttempt(attempt) || hasLiveRun(attempt))
}

function deadlineOf(attempt: AdmittedAttempt, rule: StageConfig): Instant {
  const { cancel } = attempt.control
  return cancel === null ? reconcileAt(attempt, rule) : escalateAt(attempt, cancel)
}

/** Was GitHub asked once more after force had had its time? */
function isForceExhausted({ reconciliation, control: { cancel } }: AdmittedAttempt): boolean {
  if (reconciliation === undefined || cancel === null) return false
  return cancel.forcedAt !== null && reconciliation.at >= nextEscalationAt(cancel)
}

function abandonRun(attempt: AdmittedAttempt, at: Instant, evidence: Evidence): Attempt {
  return withControl(attempt, { closed: { kind: 'abandoned', at, evidence } })
}

function escalateAt(attempt: AdmittedAttempt, cancel: Cancellation): Instant {
  const { reconciliation } = attempt
  if (reconciliation === undefined || !isForceExhausted(attempt)) return nextEscalationAt(cancel)
  return secondsAfter(reconciliation.at, RECONCILE_TIMEOUT_SECONDS)
}

function escalateDuplicate(duplicate: DuplicateRun, now: Instant): DuplicateRun {
  const { cancel } = duplicate
  if (cancel === null || !isLiveDuplicate(duplicate) || nextEscalationAt(cancel) > now) return duplicate
  return cancel.forcedAt === null
    ? { ...duplicate, cancel: { ...cancel, forcedAt: now } }
    : { ...duplicate, abandonedAt: now }
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

function whyCancel(attempt: AdmittedAttempt, rule: StageConfig, now: Instant): CancellationCause | null {
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

function beginCancellation(reason: CancellationCause, at: Instant): Cancellation {
  return { reason, at, forcedAt: null, response: null }
}
