// An attempt that Andon began, in words: what it waits for, how it goes, how it ended.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Cancellation, Stage, Trigger } from '../model/pipeline.ts'
import { formatTimeOfDay, type Instant } from '../model/time.ts'
import { admittedAttempts, isCompletedRun } from './attempt-outcome.ts'
import { nextEscalationAt } from './cancellation.ts'
import { deriveFromRun } from './derive-from-run.ts'
import type { DerivedStage } from './derived-stage.ts'

/** How a stage stands by one attempt. */
export function deriveFromAttempt(stage: Stage, rule: StageConfig, attempt: Attempt): DerivedStage {
  const words = describeAttempt(stage, rule, attempt)
  const { run } = attempt
  if (!isAdmitted(attempt)) return run === null ? BLANK : deriveFromRun(run, words)
  const { closed, cancel } = attempt.control
  const isGiven = closed !== null && (run === null || closed.kind !== 'refused')
  if (isGiven && (run === null || !isCompletedRun(run))) {
    const status = closed.kind === 'cancelled' ? 'cancelled' : 'failed'
    return { status, reason: `${words} ${closed.message}`, waiting: null, since: closed.at, evidence: closed.evidence }
  }
  if (run === null) return deriveWithoutRun(words, attempt)
  const standing = deriveFromRun(run, words)
  const told = describeReport(attempt)
  if (cancel === null) {
    if (told === null || standing.status !== 'running') return standing
    return { ...standing, reason: `${words} runs: ${told}`, evidence: evidenceOfReport(attempt) ?? standing.evidence }
  }
  if (!isCompletedRun(run)) return { ...standing, ...describeCancellation(words, cancel) }
  if (run.conclusion !== 'cancelled') return standing
  const status = cancel.reason === 'command' || cancel.reason === 'superseded' ? 'cancelled' : 'failed'
  return { ...standing, status, reason: `${words} was cancelled: ${CANCEL_REASONS[cancel.reason]}` }
}

/** `attempt 2 of 3`. A person's order, or a round of rework, allows more of them. */
export function describeAttempt(stage: Stage, rule: StageConfig, attempt: Attempt): string {
  if (!isAdmitted(attempt)) return 'a run that somebody else started'
  const { number, control, run } = attempt
  const again = run !== null && run.runAttempt > 1 ? ` (re-run ${run.runAttempt - 1})` : ''
  return `${attemptOfLimit(stage, rule, number, control.trigger)}${again}`
}

/** The same of the attempt that would come next. */
export function describeNextAttempt(stage: Stage, rule: StageConfig, trigger: Trigger): string {
  return attemptOfLimit(stage, rule, nextAttemptNumber(stage), trigger)
}

/** Numbers go on through all calls, so that a key never recurs. */
export function nextAttemptNumber(stage: Stage): number {
  return (admittedAttempts(stage).at(-1)?.number ?? 0) + 1
}

function attemptOfLimit(stage: Stage, rule: StageConfig, number: number, trigger: Trigger): string {
  const before = admittedAttempts(stage).filter(
    (other) => other.control.trigger.id !== trigger.id && other.number < number,
  )
  return `attempt ${number} of ${before.length + rule.attempts}`
}

/** How we know what the workflow itself said. */
function evidenceOfReport({ key, control: { report } }: AdmittedAttempt): Evidence | null {
  return report?.progressAt ? { kind: 'beat', id: key, at: report.progressAt } : null
}

/** It was asked to end, and what comes next unless it does. */
function describeCancellation(words: string, cancel: Cancellation): Pick<DerivedStage, 'reason' | 'waiting'> {
  const until = nextEscalationAt(cancel)
  const [how, next] = cancel.forcedAt === null ? ['', 'by force at'] : [' by force', 'left alone after']
  return {
    reason: `${words} is being cancelled${how}: ${CANCEL_REASONS[cancel.reason]}; ${next} ${formatTimeOfDay(until)}`,
    waiting: { for: 'its run to end', until },
  }
}

/** Admitted, and no run of it is known yet. */
function deriveWithoutRun(words: string, { control }: AdmittedAttempt): DerivedStage {
  const { dispatch, cancel, admittedAt: since, evidence } = control
  const told = { status: 'queued', since, evidence } as const
  const wait = (awaited: string, until: Instant | null = null) => ({ waiting: { for: awaited, until } })
  if (cancel !== null)
    return {
      ...told,
      ...wait('its run to show'),
      reason: `${words} is being cancelled: ${CANCEL_REASONS[cancel.reason]}`,
    }
  switch (dispatch?.state) {
    case undefined:
    case 'sending':
    case 'refused':
      return { ...told, ...wait('GitHub to take it'), reason: `${words} is being started` }
    case 'confirmed':
      return { ...told, ...wait('a runner'), reason: `${words} waits for a runner` }
    case 'waiting': {
      const { until } = dispatch
      const when = until === null ? '' : `, again at ${formatTimeOfDay(until)}`
      return { ...told, ...wait('GitHub to take it', until), reason: `${words}${when} (${dispatch.message})` }
    }
    case 'unconfirmed': {
      const person = dispatch.needsPerson ? '; a person is needed' : ''
      const awaited = dispatch.needsPerson ? 'a person' : 'its run to show'
      return { ...told, ...wait(awaited, dispatch.until), reason: `${words}: ${dispatch.message}${person}` }
    }
  }
}

/** What the workflow itself said last, which tells more than the names of its jobs and steps. */
function describeReport({ control: { report } }: AdmittedAttempt): string | null {
  const said = [report?.progress == null ? null : `${report.progress} %`, report?.text ?? null]
  const words = said.filter((word) => word !== null).join(', ')
  return words === '' ? null : words
}

const CANCEL_REASONS = {
  silence: 'it fell silent',
  time_limit: 'it is past its limit',
  never_started: 'no runner took it',
  command: 'a person said so',
  superseded: 'a newer attempt has begun',
} as const satisfies Record<Cancellation['reason'], string>

const BLANK: DerivedStage = { status: 'idle', reason: '', waiting: null, since: null, evidence: null }
