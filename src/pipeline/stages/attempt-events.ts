// What is told about an attempt of ours: that it may begin, what became of sending and of cancelling it, what it reports.
import { bindToAttempt } from '../facts/bind-run.ts'
import { greatest, isEqualJson } from '../facts/total-order.ts'
import { updateAdmittedAttempts, updateAttempt, withControl } from '../model/attempt.ts'
import type { DispatchOutcome, EventOf } from '../model/events.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Attempt, AttemptControl, Closed, Dispatch, Pipeline, Report } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'
import { stageReadyForAdmission } from './ready-stage.ts'
import { triggerOf } from './triggers.ts'

/** An attempt begins: only the one that waits for it at this moment, so that none begins twice. */
export function whenAdmitted(pipeline: Pipeline, event: EventOf<'attempt.admitted'>): Pipeline {
  const { at, evidence, repository, key } = event
  const awaiting = stageReadyForAdmission(pipeline, at)
  const stage = pipeline.stages.find(({ name }) => name === event.stage)
  const rule = pipeline.line.stages.find(({ name }) => name === event.stage)
  const trigger = stage && triggerOf(pipeline, stage)
  if (!trigger || !rule || !isDispatched(rule) || repository.defaultBranch === null) return pipeline
  if (awaiting?.stage !== event.stage || awaiting.attempt !== event.attempt) return pipeline
  const control = {
    ...{ trigger, admittedAt: at, ref: repository.defaultBranch, runId: null, dispatch: null, report: null },
    ...{ cancel: null, closed: null, duplicateRuns: [], evidence },
  }
  const attempt: Attempt = { number: event.attempt, key, run: null, control }
  const stages = pipeline.stages.map((known) => {
    return known.name === stage.name ? { ...known, attempts: [...known.attempts, attempt] } : known
  })
  const { denial: _, ...rest } = pipeline
  return { ...rest, stages }
}

/** No slot was free; kept while something waits for one. */
export function whenDenied(pipeline: Pipeline, { at, reason, until }: EventOf<'admission.denied'>): Pipeline {
  const { denial } = pipeline
  const isStale = pipeline.stages.some(({ retryAt }) => retryAt != null && denial !== undefined && denial.at < retryAt)
  if (isEqualJson(denial?.reason, reason) && denial?.until === until && !isStale) return pipeline
  return { ...pipeline, denial: { reason, until, at } }
}

/** The outbox tells what became of sending it. Once a run is known, only that counts. */
export function whenDispatchUpdated(
  pipeline: Pipeline,
  { key, outcome, at, evidence }: EventOf<'dispatch.updated'>,
): Pipeline {
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

/** What ends an attempt that has no run: a refusal, or its having been called off while nobody knew whether it was sent. */
function closedBy(
  told: DispatchOutcome,
  { cancel }: AttemptControl,
  known: Pick<Closed, 'at' | 'evidence'>,
): Closed | null {
  const isLost = told.state === 'unconfirmed' && told.needsPerson === true
  if (cancel !== null && isLost) return { kind: 'cancelled', by: null, run: 'never-seen', ...known }
  if (cancel !== null && (told.state === 'waiting' || told.state === 'refused'))
    return { kind: 'cancelled', by: null, run: 'never-sent', ...known }
  return told.state === 'refused' ? { kind: 'refused', refusal: told.reason, ...known } : null
}

/** What GitHub said to cancelling a run of it. A run that does not exist is over. */
export function whenCancelAnswered(pipeline: Pipeline, event: EventOf<'cancel.answered'>): Pipeline {
  const { key, runId, outcome: answer, at, evidence } = event
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
    const isGone = answer === 'gone' && closed === null && attempt.run?.status !== 'completed'
    const answered = withControl(attempt, {
      cancel: { ...cancel, response },
      closed: isGone ? { kind: 'gone', at, evidence } : closed,
    })
    // Refused may mean finished: GitHub is asked which.
    return answer === 'refused' ? { ...answered, reconciliation: { at, answeredAt: null } } : answered
  })
}

/** The workflow itself reports: progress, a line of text, a link. */
export function whenReported(pipeline: Pipeline, event: EventOf<'attempt.reported'>): Pipeline {
  const { key, runId, progress, text, url, at } = event
  return updateAttempt(pipeline, key, (attempt) => {
    const { runId: ownRunId, report } = attempt.control
    if (ownRunId !== null && ownRunId !== runId) return attempt
    const news: Report = { aliveAt: at, progressAt: at, progress, text, url }
    const known = report ?? news
    const newest = greatest(known, news, ({ progressAt }) => [progressAt ?? ''])
    const clocks = { aliveAt: latest(known.aliveAt, at), progressAt: latest(known.progressAt ?? '', at) }
    return withControl(attempt, { report: { ...newest, ...clocks } })
  })
}

/** The latest beats: alive, which is not to say that anything is got done. */
export function withHeartbeats(pipeline: Pipeline, beats: Readonly<Record<string, string>>): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt) => {
    const at = beats[attempt.key]
    if (at === undefined) return attempt
    const silent = { aliveAt: at, progressAt: null, progress: null, text: null, url: null }
    const report = attempt.control.report ?? silent
    return withControl(attempt, { report: { ...report, aliveAt: latest(report.aliveAt, at) } })
  })
}
