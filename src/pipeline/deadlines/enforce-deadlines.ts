// The two clocks of an attempt, and what happens when one of them stands still. GitHub is asked first, because we may have
// been the ones asleep. A run that GitHub still calls live is cancelled if Andon started it, later by force, and in the end
// abandoned so that its slot is free.
import type { StageConfig } from '../../line/line.ts'
import { githubWaitOf } from '../facts/github-wait.ts'
import { pipelineHolds } from '../holds/holds.ts'
import {
  type AdmittedAttempt,
  isAdmitted,
  updateAdmittedAttempts,
  updateAttempts,
  withControl,
} from '../model/attempt.ts'
import type { Attempt, Cancellation, Closed, DuplicateRun, Pipeline, Stage } from '../model/pipeline.ts'
import type { CancellationCause } from '../model/reason.ts'
import { earliest, type Instant, latest, secondsAfter } from '../model/time.ts'
import {
  askedNow,
  countedFrom,
  hasLiveRun,
  isLiveAttempt,
  isLiveDuplicate,
  nextEscalationAt,
  outcomeOf,
  runIdOf,
  runReadAt,
  runStartedAt,
  silentSince,
} from '../stages/attempts.ts'
import { workflowCheckAt } from '../stages/refusals.ts'
import { isCompletedRun } from '../stages/run-outcome.ts'
import { upcomingProblems } from '../view/light.ts'
import { upcomingNeed } from '../view/need.ts'
import { needsYouAt } from '../view/needs-you.ts'
import { askForPullRequestAt } from './ask-for-pull-request.ts'
import { followUpOnCancelledRun, followUpOnCancelledRunAt } from './explain-cancelled-run.ts'

/** How long a slot waits for GitHub's last word about a run that will not end. */
const RECONCILE_TIMEOUT_SECONDS = 15 * 60

/** Deliveries get lost: GitHub is asked about a live run whenever it has been silent for that long. */
const ASK_AFTER_SECONDS = 10 * 60

/** When something is decided, and on what evidence. */
type Decision = Pick<Closed, 'at' | 'evidence'>

/** Acts, once, on the deadlines that have passed. */
export function enforceDeadlines(pipeline: Pipeline, clock: Decision): Pipeline {
  const { at } = clock
  const pullRequestAt = askForPullRequestAt(pipeline)
  const asked = pullRequestAt !== null && pullRequestAt <= at ? { ...pipeline, pullRequestAskedAt: at } : pipeline
  return updateAttempts(asked, (attempt, rule, stage) => {
    const followed = followUpOnCancelledRun(stage, attempt, at)
    const enforced = isAdmitted(followed) ? enforceOnAttempt(followed, rule, clock) : followed
    const askAt = askAboutRunAt(pipeline, stage, enforced, at) ?? workflowCheckAt(pipeline, stage, attempt)
    if (askAt === null || askAt > at) return enforced
    return { ...withoutNews(enforced), reconciliation: askedNow(enforced, at) }
  })
}

/** GitHub answered how a run stands: if it is still live and silent, or past its limit, it is cancelled or abandoned. */
export function enforceOnReconciledRun(
  pipeline: Pipeline,
  runId: number,
  isKnown: boolean,
  { at, evidence }: Decision,
): Pipeline {
  return updateAttempts(pipeline, (attempt, rule, stage) => {
    if (runIdOf(attempt) !== runId) return attempt
    const { reconciliation } = attempt
    const read = reconciliation ? { ...attempt, reconciliation: { ...reconciliation, answeredAt: at } } : attempt
    const answered = isKnown && isAdmitted(read) ? returned(read, stage, at) : read
    if (!isAdmitted(answered) || (!isLiveAttempt(answered) && !hasLiveRun(answered))) return answered
    if (!isKnown) return withControl(answered, { closed: { kind: 'gone', at, evidence } })
    const abandoned = withControl(answered, { closed: { kind: 'abandoned', at, evidence } })
    if (answered.control.cancel !== null) return isForceExhausted(answered) ? abandoned : answered
    const cause = whyCancel(answered, rule, at)
    return cause === null ? answered : withControl(answered, { cancel: newCancellation(cause, at) })
  })
}

/** GitHub knows the run after all: its attempt goes on, unless a newer one is at work or has done it. */
function returned(attempt: AdmittedAttempt, { attempts }: Stage, at: Instant): AdmittedAttempt {
  const { closed, returns = 0 } = attempt.control
  if (closed?.kind !== 'gone') return attempt
  const isSuperseded = attempts.some((other) => other.number > attempt.number && outcomeOf(other) !== 'failed')
  const cancel = isSuperseded ? newCancellation('superseded', at) : null
  return withControl(attempt, { closed: null, cancel, returns: returns + 1 })
}

function withoutNews(attempt: Attempt): Attempt {
  if (!isAdmitted(attempt)) return attempt
  const { isSeenAgain: _, ...control } = attempt.control
  return { ...attempt, control }
}

/** Runs that must not go on beside another: duplicates of an attempt's run, and older attempts once a newer one is live. */
export function cancelSupersededRuns(pipeline: Pipeline, now: Instant): Pipeline {
  const cancel = newCancellation('superseded', now)
  return updateAdmittedAttempts(pipeline, (attempt, _, { attempts }) => {
    const newest = attempts.findLast((other) => isAdmitted(other) && isLiveAttempt(other))
    const duplicateRuns = attempt.control.duplicateRuns.map((duplicate) => {
      return duplicate.cancel === null && isLiveDuplicate(duplicate) ? { ...duplicate, cancel } : duplicate
    })
    const isOlder = attempt.number < (newest?.number ?? 0) && hasLiveRun(attempt) && attempt.control.cancel === null
    return withControl(attempt, { duplicateRuns, ...(isOlder && { cancel }) })
  })
}

/** Cancels an attempt for a person. If nothing was dispatched, or nobody can find its run, it is over at once. */
export function cancelAttempt(attempt: AdmittedAttempt, by: string, { at, evidence }: Decision): Attempt {
  const { dispatch, cancel, runId } = attempt.control
  const isOver = runId === null && (dispatch === null || dispatch.state === 'waiting' || dispatch.needsPerson)
  if (!isLiveAttempt(attempt) || (cancel !== null && !isOver)) return attempt
  return withControl(attempt, {
    cancel: cancel ?? newCancellation('command', at),
    closed: isOver ? { kind: 'cancelled', by, at, evidence } : null,
  })
}

/** When the watchdog wakes the pipeline: the next time its light, health or queue changes by itself, or a deadline passes. */
export function wakeAt(pipeline: Pipeline, after: Instant): Instant | null {
  const changes = upcomingProblems(pipeline).map(({ since }) => since)
  const retries = pipeline.stages.flatMap(({ retryAt }) => retryAt ?? [])
  const people = [needsYouAt(pipeline) ?? '', upcomingNeed(pipeline)?.at ?? '']
  const ahead = [...changes, ...retries, ...people, pipeline.denial?.until ?? ''].filter((at) => at > after)
  const ends = pipelineHolds(pipeline).flatMap(({ until }) => until ?? [])
  // A deadline that has already passed is still due.
  const asks = [askForPullRequestAt(pipeline)].filter((at) => at !== null)
  return [...ahead, ...ends, ...asks, ...pipelineDeadlines(pipeline, after)].toSorted()[0] ?? null
}

function enforceOnAttempt(attempt: AdmittedAttempt, rule: StageConfig, { at, evidence }: Decision): AdmittedAttempt {
  const { duplicateRuns, cancel } = attempt.control
  const escalated = withControl(attempt, {
    duplicateRuns: duplicateRuns.map((run) => escalateDuplicate(run, attempt, at)),
  })
  const deadline = deadlineOf(attempt, rule)
  if (deadline === null || deadline > at) return escalated
  // A run whose completion was lost is found before it is abandoned; but a slot does not wait for ever.
  if (isForceExhausted(attempt)) return withControl(escalated, { closed: { kind: 'abandoned', at, evidence } })
  const asked = { ...escalated, reconciliation: askedNow(escalated, at) }
  return cancel?.forcedAt === null ? withControl(asked, { cancel: { ...cancel, forcedAt: at } }) : asked
}

function escalateDuplicate(duplicate: DuplicateRun, attempt: Attempt, now: Instant): DuplicateRun {
  const { cancel } = duplicate
  if (cancel === null || !isLiveDuplicate(duplicate) || nextEscalationAt(cancel, attempt) > now) return duplicate
  return cancel.forcedAt === null
    ? { ...duplicate, cancel: { ...cancel, forcedAt: now } }
    : { ...duplicate, abandonedAt: now }
}

function pipelineDeadlines(pipeline: Pipeline, now: Instant): readonly Instant[] {
  return pipeline.stages.flatMap((stage, index) => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined) return []
    return stage.attempts.flatMap((attempt) => {
      const duplicates = (attempt.control?.duplicateRuns ?? []).filter(isLiveDuplicate)
      return [
        ...duplicates.map(({ cancel }) => cancel && nextEscalationAt(cancel, attempt)),
        isAdmitted(attempt) ? deadlineOf(attempt, rule) : null,
        pipeline.removed === null ? followUpOnCancelledRunAt(stage, attempt) : null,
        askAboutRunAt(pipeline, stage, attempt, now),
        workflowCheckAt(pipeline, stage, attempt),
      ].filter((at) => at !== null)
    })
  })
}

/** When an attempt is acted on next; null unless its run is known and not known to be over. */
function deadlineOf(attempt: AdmittedAttempt, rule: StageConfig): Instant | null {
  const { reconciliation } = attempt
  const { cancel, runId } = attempt.control
  if (runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return null
  if (cancel === null) return reconcileAt(attempt, rule)
  return reconciliation && isForceExhausted(attempt)
    ? secondsAfter(countedFrom(reconciliation.at, attempt), RECONCILE_TIMEOUT_SECONDS)
    : nextEscalationAt(cancel, attempt)
}

/** When GitHub is asked how the run stands: after the silence or at the limit, then again each time as long after. */
function reconcileAt(attempt: AdmittedAttempt, { timeoutSeconds, limitSeconds }: StageConfig): Instant {
  const { reconciliation, run } = attempt
  const limitAt = secondsAfter(runStartedAt(attempt), limitSeconds)
  const isWaiting = run !== null && githubWaitOf(run) !== null
  const silentAt = isWaiting ? limitAt : secondsAfter(silentSince(attempt), timeoutSeconds)
  const first = earliest(silentAt, limitAt)
  if (reconciliation === undefined || reconciliation.at < first) return first
  const next = secondsAfter(reconciliation.answeredAt ?? reconciliation.at, timeoutSeconds)
  return reconciliation.at < limitAt ? earliest(latest(silentAt, next), limitAt) : next
}

/** When GitHub is asked how the run of an attempt stands, unless the run shows a sign of life before; null once it is over. */
function askAboutRunAt(
  { removed }: Pipeline,
  { attempts, reason }: Stage,
  attempt: Attempt,
  now: Instant,
): Instant | null {
  const { control, run, reconciliation } = attempt
  if (removed !== null) return null
  if (control?.isSeenAgain && control.closed !== null) return control.closed.at
  const isWaitedFor = reason?.kind === 'waits-for-run' && reason.runId === run?.id
  // Of observed runs the newest decides the stage, or keeps the next attempt waiting. A run that is being cancelled has questions of its own: before
  // force, and before it is abandoned.
  const isOver = control
    ? control.closed !== null || control.cancel !== null
    : attempt !== attempts.at(-1) && !isWaitedFor
  const readAt = runReadAt(attempt)
  if (isOver || (run !== null && isCompletedRun(run)) || runIdOf(attempt) === null) return null
  // What was read by a clock that was wrong may lie ahead.
  return readAt && secondsAfter(latest(earliest(readAt, now), reconciliation?.at ?? ''), ASK_AFTER_SECONDS)
}

/** Was GitHub asked once more after the forced cancellation had its time? */
function isForceExhausted(attempt: AdmittedAttempt): boolean {
  const { reconciliation } = attempt
  const { cancel } = attempt.control
  if (reconciliation === undefined || cancel === null) return false
  return cancel.forcedAt !== null && reconciliation.at >= nextEscalationAt(cancel, attempt)
}

function whyCancel(attempt: AdmittedAttempt, rule: StageConfig, now: Instant): CancellationCause | null {
  const { run, control } = attempt
  if (secondsAfter(runStartedAt(attempt), rule.limitSeconds) <= now) return 'time_limit'
  // GitHub itself makes it wait: that is not silence, and an approval may take as long as a person does.
  if (run !== null && githubWaitOf(run) !== null) return null
  if (secondsAfter(silentSince(attempt), rule.timeoutSeconds) > now) return null
  if (run?.status !== 'in_progress') return 'never_started'
  // Silence is no reason to cancel a run that never reports: GitHub says that it is in progress.
  return control.report === null ? null : 'silence'
}

function newCancellation(reason: CancellationCause, at: Instant): Cancellation {
  return { reason, at, forcedAt: null, response: null }
}
