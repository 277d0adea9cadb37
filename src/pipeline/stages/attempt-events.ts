// Events about an attempt of Andon's: its admission, what came of its dispatch and cancellation, what it reports.

import { isDispatched } from '../../line/stage-rules.ts'
import { bindToAttempt } from '../facts/bind-run.ts'
import { greatest, isEqualJson } from '../facts/total-order.ts'
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import {
  type AdmittedAttempt,
  updateAdmittedAttempts,
  updateAttempt,
  updateAttempts,
  withControl,
} from '../model/attempt.ts'
import type { DispatchOutcome, EventOf } from '../model/events.ts'
import type { Attempt, AttemptControl, Closed, Dispatch, Pipeline, Report } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'
import {
  askedNow,
  attemptStartedAt,
  countedFrom,
  findAttemptByKey,
  hasLiveRun,
  isLiveAttempt,
  isLiveDuplicate,
  nextAttemptNumber,
} from './attempts.ts'
import { isCompletedRun } from './run-outcome.ts'
import { triggerOf } from './triggers.ts'

/** A stage that may start now, as the attempt of that number. First come, first served, by `queuedAt`. */
export type ReadyStage = {
  readonly stage: string
  readonly workflow: string
  readonly attempt: number
  readonly queuedAt: Instant
}

/** The stage that may be admitted now; null while none waits for a slot, or while a hold or a backoff keeps it waiting. */
export function stageReadyForAdmission(pipeline: Pipeline, now: Instant): ReadyStage | null {
  for (const [index, stage] of pipeline.stages.entries()) {
    const { name, queuedAt, retryAt } = stage
    const workflow = pipeline.line.stages[index]?.workflow ?? null
    if (
      queuedAt == null ||
      workflow === null ||
      (retryAt ?? '') > now ||
      pipelineHoldAffectingStage(pipeline, name) !== null
    )
      continue
    return { stage: name, workflow, attempt: nextAttemptNumber(stage), queuedAt }
  }
  return null
}

/** Only the attempt that waits for admission at this moment is admitted, so that none is admitted twice. */
export function whenAdmitted(pipeline: Pipeline, event: EventOf<'attempt.admitted'>): Pipeline {
  const { at, evidence, repository, key } = event
  const ready = stageReadyForAdmission(pipeline, at)
  const stage = pipeline.stages.find(({ name }) => name === event.stage)
  const rule = pipeline.line.stages.find(({ name }) => name === event.stage)
  const trigger = stage && triggerOf(pipeline, stage)
  if (!trigger || !rule || !isDispatched(rule) || repository.defaultBranch === null) return pipeline
  if (ready?.stage !== event.stage || ready.attempt !== event.attempt) return pipeline
  const control = {
    ...{ trigger, admittedAt: at, ref: repository.defaultBranch, runId: null, dispatch: null, report: null },
    ...{ cancel: null, closed: null, duplicateRuns: [], evidence },
  }
  const attempt: Attempt = { number: event.attempt, key, run: null, control }
  const admitted = { ...stage, attempts: [...stage.attempts, attempt] }
  const { denial: _, ...rest } = pipeline
  return { ...rest, stages: pipeline.stages.map((other) => (other === stage ? admitted : other)) }
}

/** No slot was free; the reason stays while a stage waits for one. */
export function whenDenied(pipeline: Pipeline, { at, reason, until }: EventOf<'admission.denied'>): Pipeline {
  const { denial } = pipeline
  const isStale = pipeline.stages.some(({ retryAt }) => retryAt != null && denial !== undefined && denial.at < retryAt)
  if (isEqualJson(denial?.reason, reason) && denial?.until === until && !isStale) return pipeline
  return { ...pipeline, denial: { reason, until, at } }
}

/** Its failure was its workflow's. */
export function whenExcused(pipeline: Pipeline, { key }: EventOf<'attempt.excused'>): Pipeline {
  return updateAttempt(pipeline, key, (attempt) => withControl(attempt, { isExcused: true }))
}

/** What came of a dispatch. Once a run is known, only the run counts. */
export function whenDispatchUpdated(pipeline: Pipeline, event: EventOf<'dispatch.updated'>): Pipeline {
  const { key, outcome, at, evidence } = event
  return updateAttempt(pipeline, key, (attempt) => {
    const { control } = attempt
    const isDecided = control.dispatch?.state === 'confirmed' || control.dispatch?.state === 'refused'
    const dispatch = dispatchOf(outcome, at)
    if (outcome.state === 'confirmed') {
      if (control.runId === outcome.runId && isDecided) return attempt
      const confirmed = withControl(attempt, { dispatch: isDecided ? control.dispatch : dispatch, evidence })
      return bindToAttempt(confirmed, outcome.runId, null)
    }
    if (isDecided || control.runId !== null || control.closed !== null) return attempt
    return withControl(attempt, { dispatch, closed: closedBy(outcome, control, { at, evidence }), evidence })
  })
}

function dispatchOf(outcome: DispatchOutcome, at: Instant): Dispatch {
  return {
    state: outcome.state,
    reason: 'reason' in outcome ? outcome.reason : null,
    until: outcome.state === 'waiting' ? outcome.until : null,
    url: outcome.state === 'confirmed' ? outcome.url : null,
    needsPerson: outcome.state === 'unconfirmed' && outcome.needsPerson === true,
    at,
  }
}

/** An attempt without a run ends by a refusal, or by a cancellation that came before its dispatch was confirmed. */
function closedBy(
  outcome: DispatchOutcome,
  { cancel }: AttemptControl,
  source: Pick<Closed, 'at' | 'evidence'>,
): Closed | null {
  if (cancel !== null && (outcome.state === 'waiting' || outcome.state === 'refused'))
    return { kind: 'cancelled', by: null, run: 'never-sent', ...source }
  if (cancel !== null && outcome.state === 'unconfirmed' && outcome.needsPerson === true)
    return { kind: 'cancelled', by: null, run: 'never-seen', ...source }
  return outcome.state === 'refused' ? { kind: 'refused', refusal: outcome.reason, ...source } : null
}

/** GitHub answered the cancellation of a run. */
export function whenCancelAnswered(pipeline: Pipeline, event: EventOf<'cancel.answered'>): Pipeline {
  const { key, runId, outcome: answer, at } = event
  if (key === null) return pipeline
  const response = { answer, at }
  return updateAttempt(pipeline, key, (attempt) => {
    const { runId: ownRunId, duplicateRuns, cancel, closed } = attempt.control
    if (ownRunId !== runId) {
      const answered = duplicateRuns.map((duplicate) => {
        if (duplicate.runId !== runId || duplicate.cancel === null) return duplicate
        const abandonedAt = duplicate.abandonedAt ?? (answer === 'gone' ? at : null)
        return { ...duplicate, cancel: { ...duplicate.cancel, response }, abandonedAt }
      })
      return withControl(attempt, { duplicateRuns: answered })
    }
    if (cancel === null) return attempt
    const answered = withControl(attempt, { cancel: { ...cancel, response } })
    // Refused may mean finished, and what is not known may only be hidden: GitHub is asked.
    const isOver = closed !== null || attempt.run?.status === 'completed'
    const isAsked = answer === 'refused' || (answer === 'gone' && !isOver)
    return isAsked ? { ...answered, reconciliation: askedNow(answered, at) } : answered
  })
}

/** The workflow itself reports progress, a line of text or a link. */
export function whenReported(pipeline: Pipeline, event: EventOf<'attempt.reported'>): Pipeline {
  const { key, runId, progress, text, url, limitedUntil, at } = event
  return updateAttempt(pipeline, key, (given) => {
    const { runId: ownRunId, report } = given.control
    if (ownRunId !== null && ownRunId !== runId) return given
    const attempt = mayReturn(given) ? withControl(given, { isSeenAgain: true }) : given
    const received: Report = { aliveAt: at, progressAt: at, progress, text, url }
    const stored = report ?? received
    const newest = greatest(stored, received, ({ progressAt }) => [progressAt ?? ''])
    const clocks = { aliveAt: latest(stored.aliveAt, at), progressAt: latest(stored.progressAt ?? '', at) }
    const until = limitedUntil ?? stored.limitedUntil
    return withControl(attempt, { report: { ...newest, ...clocks, ...(until && { limitedUntil: until }) } })
  })
}

/**
 * Something new about the run of an attempt that was given up because GitHub did not know it. It may be a delivery from
 * before, so GitHub is asked: only what it then says counts.
 */
export function noteSignOfLife(before: Pipeline, after: Pipeline, key: string): Pipeline {
  const known = findAttemptByKey(before, key)?.attempt.run
  return updateAttempt(after, key, (attempt) => {
    const isNews = mayReturn(attempt) && !isEqualJson(known, attempt.run)
    return isNews ? withControl(attempt, { isSeenAgain: true }) : attempt
  })
}

/** Was it given up because GitHub did not know its run, which is not known to have ended? */
function mayReturn({ run, control }: AdmittedAttempt): boolean {
  return control.closed?.kind === 'gone' && !(run !== null && isCompletedRun(run))
}

/** Of attempts that are not known to be over: what is waited for of them counts from then, where Andon was away before. */
export function withPresence(pipeline: Pipeline, presentSince: Instant): Pipeline {
  return updateAttempts(pipeline, (attempt) => {
    const isWaitedFor =
      isLiveAttempt(attempt) || hasLiveRun(attempt) || (attempt.control?.duplicateRuns.some(isLiveDuplicate) ?? false)
    const isNews = presentSince > countedFrom(attemptStartedAt(attempt), attempt)
    return isWaitedFor && isNews ? { ...attempt, presentSince } : attempt
  })
}

/** A heartbeat says that an attempt is alive, not that it makes progress. */
export function withHeartbeats(pipeline: Pipeline, heartbeats: Readonly<Record<string, Instant>>): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt) => {
    const at = heartbeats[attempt.key]
    if (at === undefined) return attempt
    const silent = { aliveAt: at, progressAt: null, progress: null, text: null, url: null }
    const report = attempt.control.report ?? silent
    return withControl(attempt, { report: { ...report, aliveAt: latest(report.aliveAt, at) } })
  })
}
