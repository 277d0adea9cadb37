// What is told about an attempt of ours: that it may begin, what became of sending and of cancelling it, what it reports.
import { bindToAttempt, updateAttempt } from '../facts/bind-run.ts'
import { greatest } from '../facts/total-order.ts'
import type { DispatchOutcome, Event } from '../model/events.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Attempt, AttemptControl, Cancellation, Closed, Dispatch, Pipeline, Report } from '../model/pipeline.ts'
import { latest } from '../model/time.ts'
import { stageReadyForAdmission } from './ready-stage.ts'
import { triggerOf } from './triggers.ts'

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>

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
export function whenDenied(pipeline: Pipeline, { at, message, until }: EventOf<'admission.denied'>): Pipeline {
  const { denial } = pipeline
  const isStale = pipeline.stages.some(({ retryAt }) => retryAt != null && denial !== undefined && denial.at < retryAt)
  if (denial?.message === message && denial.until === until && !isStale) return pipeline
  return { ...pipeline, denial: { message, until, at } }
}

/** The outbox tells what became of sending it. Once a run is known, only that counts. */
export function whenDispatchUpdated(
  pipeline: Pipeline,
  { key, outcome, at, evidence }: EventOf<'dispatch.updated'>,
): Pipeline {
  return updateAttempt(pipeline, key, (attempt) => {
    const { control } = attempt
    const isDecided = control.dispatch?.state === 'confirmed' || control.dispatch?.state === 'refused'
    const dispatch: Dispatch = {
      state: outcome.state,
      message: 'message' in outcome ? outcome.message : '',
      until: outcome.state === 'waiting' ? outcome.until : null,
      url: outcome.state === 'confirmed' ? outcome.url : null,
      needsPerson: outcome.state === 'unconfirmed' && outcome.needsPerson === true,
      at,
    }
    if (outcome.state === 'confirmed') {
      const confirmed = {
        ...attempt,
        control: { ...control, dispatch: isDecided ? control.dispatch : dispatch, evidence },
      }
      return control.runId === outcome.runId && isDecided ? attempt : bindToAttempt(confirmed, outcome.runId, null)
    }
    if (isDecided || control.runId !== null || control.closed !== null) return attempt
    return {
      ...attempt,
      control: { ...control, dispatch, closed: closedBy(outcome, control, { at, evidence }), evidence },
    }
  })
}

/** What ends an attempt that has no run: a refusal, or its having been called off while nobody knew whether it was sent. */
function closedBy(
  told: DispatchOutcome,
  { cancel }: AttemptControl,
  known: Pick<Closed, 'at' | 'evidence'>,
): Closed | null {
  const isLost = told.state === 'unconfirmed' && told.needsPerson === true
  if (cancel !== null && isLost)
    return { kind: 'cancelled', message: 'was called off; no run of it was seen', ...known }
  if (cancel !== null && (told.state === 'waiting' || told.state === 'refused')) {
    return { kind: 'cancelled', message: 'was called off before it was sent', ...known }
  }
  return told.state === 'refused' ? { kind: 'refused', message: `was refused: ${told.message}`, ...known } : null
}

/** What GitHub said to cancelling a run of it. A run that does not exist is over. */
export function whenCancelAnswered(pipeline: Pipeline, event: EventOf<'cancel.answered'>): Pipeline {
  const { key, runId, outcome: answer, at, evidence } = event
  if (key === null) return pipeline
  const heard = (cancel: Cancellation): Cancellation => ({ ...cancel, response: { answer, at } })
  return updateAttempt(pipeline, key, (attempt) => {
    const { control } = attempt
    if (control.runId !== runId) {
      const duplicateRuns = control.duplicateRuns.map((twin) => {
        if (twin.runId !== runId || twin.cancel === null) return twin
        return {
          ...twin,
          cancel: heard(twin.cancel),
          abandonedAt: answer === 'gone' ? (twin.abandonedAt ?? at) : twin.abandonedAt,
        }
      })
      return { ...attempt, control: { ...control, duplicateRuns } }
    }
    if (control.cancel === null) return attempt
    const isGone = answer === 'gone' && control.closed === null && attempt.run?.status !== 'completed'
    const closed = isGone ? ({ kind: 'gone', message: RUN_NOT_FOUND, at, evidence } as const) : control.closed
    // Refused may mean finished: GitHub is asked which.
    const reconciliation = answer === 'refused' && { reconciliation: { at, answeredAt: null } }
    return { ...attempt, ...reconciliation, control: { ...control, cancel: heard(control.cancel), closed } }
  })
}

/** The workflow itself reports: progress, a line of text, a link. */
export function whenReported(pipeline: Pipeline, event: EventOf<'attempt.reported'>): Pipeline {
  const { key, runId, progress, text, url, at } = event
  return updateAttempt(pipeline, key, (attempt) => {
    const { control } = attempt
    if (control.runId !== null && control.runId !== runId) return attempt
    const news: Report = { aliveAt: at, progressAt: at, progress, text, url }
    const known = control.report ?? news
    const newest = greatest(known, news, (report) => [report.progressAt ?? ''])
    const report = { ...newest, aliveAt: latest(known.aliveAt, at), progressAt: latest(known.progressAt ?? '', at) }
    return { ...attempt, control: { ...control, report } }
  })
}

/** The latest beats: alive, which is not to say that anything is got done. */
export function withHeartbeats(pipeline: Pipeline, beats: Readonly<Record<string, string>>): Pipeline {
  return Object.entries(beats).reduce(
    (known, [key, at]) =>
      updateAttempt(known, key, (attempt) => {
        const { control } = attempt
        const silent = { aliveAt: at, progressAt: null, progress: null, text: null, url: null }
        const report = control.report ?? silent
        return { ...attempt, control: { ...control, report: { ...report, aliveAt: latest(report.aliveAt, at) } } }
      }),
    pipeline,
  )
}

const RUN_NOT_FOUND = 'has no run any more, says GitHub'
