// What is told about an attempt of ours: that it may begin, what became of sending and of cancelling it, what it reports.
import { bound, withOwn } from '../facts/bind-run.ts'
import { best } from '../facts/total-order.ts'
import type { DispatchTold, Event } from '../model/events.ts'
import { dispatches } from '../model/line-rules.ts'
import type { Attempt, Cancel, Dispatch, Ours, Over, Pipeline, Report } from '../model/pipeline.ts'
import { later } from '../model/time.ts'
import { awaitingAdmission } from './ready-stage.ts'
import { callOf } from './triggers.ts'

type Of<Type extends Event['type']> = Extract<Event, { type: Type }>

/** An attempt begins: only the one that waits for it at this moment, so that none begins twice. */
export function whenAdmitted(pipeline: Pipeline, event: Of<'attempt.admitted'>): Pipeline {
  const { at, evidence, repository, key } = event
  const awaiting = awaitingAdmission(pipeline, at)
  const stage = pipeline.stages.find(({ name }) => name === event.stage)
  const rule = pipeline.line.stages.find(({ name }) => name === event.stage)
  const call = stage && callOf(pipeline, stage)
  if (!call || !rule || !dispatches(rule) || repository.defaultBranch === null) return pipeline
  if (awaiting?.stage !== event.stage || awaiting.attempt !== event.attempt) return pipeline
  const ours = {
    ...{ call, admittedAt: at, ref: repository.defaultBranch, runId: null, dispatch: null, report: null, asked: null },
    ...{ cancel: null, over: null, twins: [], evidence },
  }
  const attempt: Attempt = { number: event.attempt, key, run: null, ours }
  const stages = pipeline.stages.map((known) => {
    return known.name === stage.name ? { ...known, attempts: [...known.attempts, attempt] } : known
  })
  const { denied: _, ...rest } = pipeline
  return { ...rest, stages }
}

/** No slot was free; kept while something waits for one. */
export function whenDenied(pipeline: Pipeline, { at, words, until }: Of<'admission.denied'>): Pipeline {
  const { denied } = pipeline
  const isStale = pipeline.stages.some(({ againAt }) => againAt != null && denied !== undefined && denied.at < againAt)
  if (denied?.words === words && denied.until === until && !isStale) return pipeline
  return { ...pipeline, denied: { words, until, at } }
}

/** The outbox tells what became of sending it. Once a run is known, only that counts. */
export function whenDispatchTold(pipeline: Pipeline, { key, told, at, evidence }: Of<'dispatch.told'>): Pipeline {
  return withOwn(pipeline, key, (attempt) => {
    const { ours } = attempt
    const isDecided = ours.dispatch?.state === 'confirmed' || ours.dispatch?.state === 'refused'
    const dispatch: Dispatch = {
      state: told.state,
      words: 'words' in told ? told.words : '',
      until: told.state === 'waiting' ? told.until : null,
      url: told.state === 'confirmed' ? told.url : null,
      needsPerson: told.state === 'unconfirmed' && told.needsPerson === true,
      at,
    }
    if (told.state === 'confirmed') {
      const confirmed = { ...attempt, ours: { ...ours, dispatch: isDecided ? ours.dispatch : dispatch, evidence } }
      return ours.runId === told.runId && isDecided ? attempt : bound(confirmed, told.runId, null)
    }
    if (isDecided || ours.runId !== null || ours.over !== null) return attempt
    return { ...attempt, ours: { ...ours, dispatch, over: overBy(told, ours, { at, evidence }), evidence } }
  })
}

/** What ends an attempt that has no run: a refusal, or its having been called off while nobody knew whether it was sent. */
function overBy(told: DispatchTold, { cancel }: Ours, known: Pick<Over, 'at' | 'evidence'>): Over | null {
  const isLost = told.state === 'unconfirmed' && told.needsPerson === true
  if (cancel !== null && isLost) return { how: 'ordered', words: 'was called off; no run of it was seen', ...known }
  if (cancel !== null && (told.state === 'waiting' || told.state === 'refused')) {
    return { how: 'ordered', words: 'was called off before it was sent', ...known }
  }
  return told.state === 'refused' ? { how: 'refused', words: `was refused: ${told.words}`, ...known } : null
}

/** What GitHub said to cancelling a run of it. A run that does not exist is over. */
export function whenCancelTold(pipeline: Pipeline, event: Of<'cancel.told'>): Pipeline {
  const { key, runId, told: answer, at, evidence } = event
  if (key === null) return pipeline
  const heard = (cancel: Cancel): Cancel => ({ ...cancel, told: { answer, at } })
  return withOwn(pipeline, key, (attempt) => {
    const { ours } = attempt
    if (ours.runId !== runId) {
      const twins = ours.twins.map((twin) => {
        if (twin.runId !== runId || twin.cancel === null) return twin
        return { ...twin, cancel: heard(twin.cancel), leftAt: answer === 'gone' ? (twin.leftAt ?? at) : twin.leftAt }
      })
      return { ...attempt, ours: { ...ours, twins } }
    }
    if (ours.cancel === null) return attempt
    const isGone = answer === 'gone' && ours.over === null && attempt.run?.status !== 'completed'
    const over = isGone ? ({ how: 'gone', words: GONE, at, evidence } as const) : ours.over
    // Refused may mean finished: GitHub is asked which.
    const asked = answer === 'refused' ? { at, answeredAt: null } : ours.asked
    return { ...attempt, ours: { ...ours, cancel: heard(ours.cancel), over, asked } }
  })
}

/** The workflow itself reports: progress, a line of text, a link. */
export function whenReported(pipeline: Pipeline, event: Of<'reported'>): Pipeline {
  const { key, runId, progress, text, url, at } = event
  return withOwn(pipeline, key, (attempt) => {
    const { ours } = attempt
    if (ours.runId !== null && ours.runId !== runId) return attempt
    const news: Report = { aliveAt: at, progressAt: at, progress, text, url }
    const known = ours.report ?? news
    const newest = best(known, news, (report) => [report.progressAt ?? ''])
    const report = { ...newest, aliveAt: later(known.aliveAt, at), progressAt: later(known.progressAt ?? '', at) }
    return { ...attempt, ours: { ...ours, report } }
  })
}

/** The latest beats: alive, which is not to say that anything is got done. */
export function withBeats(pipeline: Pipeline, beats: Readonly<Record<string, string>>): Pipeline {
  return Object.entries(beats).reduce(
    (known, [key, at]) =>
      withOwn(known, key, (attempt) => {
        const { ours } = attempt
        const silent = { aliveAt: at, progressAt: null, progress: null, text: null, url: null }
        const report = ours.report ?? silent
        return { ...attempt, ours: { ...ours, report: { ...report, aliveAt: later(report.aliveAt, at) } } }
      }),
    pipeline,
  )
}

const GONE = 'has no run any more, says GitHub'
