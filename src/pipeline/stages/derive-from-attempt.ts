// An attempt that Andon began, in words: what it waits for, how it goes, how it ended.
import type { StageRule } from '../../line/line.ts'
import { isOwn, type OwnAttempt } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Call, Cancel, Stage } from '../model/pipeline.ts'
import { type Instant, timeOfDay } from '../model/time.ts'
import { isOverRun, ownAttempts } from './attempt-outcome.ts'
import { nextStep } from './cancellation.ts'
import { standsAs } from './derive-from-run.ts'
import type { Standing } from './derived-stage.ts'

/** How a stage stands by one attempt. */
export function standingOfAttempt(stage: Stage, rule: StageRule, attempt: Attempt): Standing {
  const words = wordsOfAttempt(stage, rule, attempt)
  const { run } = attempt
  if (!isOwn(attempt)) return run === null ? UNSAID : standsAs(run, words)
  const { over, cancel } = attempt.ours
  const isGiven = over !== null && (run === null || over.how !== 'refused')
  if (isGiven && (run === null || !isOverRun(run))) {
    const status = over.how === 'ordered' ? 'cancelled' : 'failed'
    return { status, reason: `${words} ${over.words}`, waiting: null, since: over.at, evidence: over.evidence }
  }
  if (run === null) return unseen(words, attempt)
  const standing = standsAs(run, words)
  const told = wordsOfReport(attempt)
  if (cancel === null) {
    if (told === null || standing.status !== 'running') return standing
    return { ...standing, reason: `${words} runs: ${told}`, evidence: beatOf(attempt) ?? standing.evidence }
  }
  if (!isOverRun(run)) return { ...standing, ...ending(words, cancel) }
  if (run.conclusion !== 'cancelled') return standing
  const status = cancel.why === 'order' || cancel.why === 'newer' ? 'cancelled' : 'failed'
  return { ...standing, status, reason: `${words} was cancelled: ${WHY[cancel.why]}` }
}

/** `attempt 2 of 3`. A person's order, or a round of rework, allows more of them. */
export function wordsOfAttempt(stage: Stage, rule: StageRule, attempt: Attempt): string {
  if (!isOwn(attempt)) return 'a run that somebody else started'
  const { number, ours, run } = attempt
  const again = run !== null && run.runAttempt > 1 ? ` (re-run ${run.runAttempt - 1})` : ''
  return `${numbered(stage, rule, number, ours.call)}${again}`
}

/** The same of the attempt that would come next. */
export function wordsOfNext(stage: Stage, rule: StageRule, call: Call): string {
  return numbered(stage, rule, nextNumber(stage), call)
}

/** Numbers go on through all calls, so that a key never recurs. */
export function nextNumber(stage: Stage): number {
  return (ownAttempts(stage).at(-1)?.number ?? 0) + 1
}

function numbered(stage: Stage, rule: StageRule, number: number, call: Call): string {
  const before = ownAttempts(stage).filter((other) => other.ours.call.id !== call.id && other.number < number)
  return `attempt ${number} of ${before.length + rule.attempts}`
}

/** How we know what the workflow itself said. */
function beatOf({ key, ours: { report } }: OwnAttempt): Evidence | null {
  return report?.progressAt ? { kind: 'beat', id: key, at: report.progressAt } : null
}

/** It was asked to end, and what comes next unless it does. */
function ending(words: string, cancel: Cancel): Pick<Standing, 'reason' | 'waiting'> {
  const until = nextStep(cancel)
  const [how, next] = cancel.forcedAt === null ? ['', 'by force at'] : [' by force', 'left alone after']
  return {
    reason: `${words} is being cancelled${how}: ${WHY[cancel.why]}; ${next} ${timeOfDay(until)}`,
    waiting: { for: 'its run to end', until },
  }
}

/** Admitted, and no run of it is known yet. */
function unseen(words: string, { ours }: OwnAttempt): Standing {
  const { dispatch, cancel, admittedAt: since, evidence } = ours
  const told = { status: 'queued', since, evidence } as const
  const wait = (awaited: string, until: Instant | null = null) => ({ waiting: { for: awaited, until } })
  if (cancel !== null)
    return { ...told, ...wait('its run to show'), reason: `${words} is being cancelled: ${WHY[cancel.why]}` }
  switch (dispatch?.state) {
    case undefined:
    case 'sending':
    case 'refused':
      return { ...told, ...wait('GitHub to take it'), reason: `${words} is being started` }
    case 'confirmed':
      return { ...told, ...wait('a runner'), reason: `${words} waits for a runner` }
    case 'waiting': {
      const { until } = dispatch
      const when = until === null ? '' : `, again at ${timeOfDay(until)}`
      return { ...told, ...wait('GitHub to take it', until), reason: `${words}${when} (${dispatch.words})` }
    }
    case 'unconfirmed': {
      const person = dispatch.needsPerson ? '; a person is needed' : ''
      const awaited = dispatch.needsPerson ? 'a person' : 'its run to show'
      return { ...told, ...wait(awaited, dispatch.until), reason: `${words}: ${dispatch.words}${person}` }
    }
  }
}

/** What the workflow itself said last, which tells more than the names of its jobs and steps. */
function wordsOfReport({ ours: { report } }: OwnAttempt): string | null {
  const said = [report?.progress == null ? null : `${report.progress} %`, report?.text ?? null]
  const words = said.filter((word) => word !== null).join(', ')
  return words === '' ? null : words
}

const WHY = {
  silence: 'it fell silent',
  limit: 'it is past its limit',
  'never started': 'no runner took it',
  order: 'a person said so',
  newer: 'a newer attempt has begun',
} as const satisfies Record<Cancel['why'], string>

const UNSAID: Standing = { status: 'idle', reason: '', waiting: null, since: null, evidence: null }
