// The two clocks of an attempt of ours, and what is done when one of them stands still: GitHub is asked first, because we
// may have been the ones asleep; only what GitHub then still calls live is cancelled, later by force, and in the end left
// alone so that its slot is free.
import type { StageRule } from '../../line/line.ts'
import { isOwn, type OwnAttempt } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Cancel, Ours, Pipeline, Stage, Twin } from '../model/pipeline.ts'
import { earlier, type Instant, later, secondsAfter } from '../model/time.ts'
import { hasLiveRun, isLiveAttempt, isLiveTwin } from '../stages/attempt-outcome.ts'
import { heardAt, startedAt } from '../stages/attempt-timings.ts'
import { nextStep } from '../stages/cancellation.ts'

/** How long a slot waits for GitHub's last word about a run that will not end. */
const LONGEST_QUESTION_SECONDS = 15 * 60

/** What the clock changes: deadlines that have passed are acted upon, once. */
export function watch(pipeline: Pipeline, now: Instant, evidence: Evidence): Pipeline {
  return eachOwn(pipeline, (attempt, rule) => watched(attempt, rule, now, evidence))
}

/** GitHub has answered how a run stands: what is still live and silent, or past its limit, is given up. */
export function judge(pipeline: Pipeline, runId: number, isKnown: boolean, now: Instant, evidence: Evidence): Pipeline {
  return eachOwn(pipeline, (attempt, rule) => {
    const { ours } = attempt
    if (ours.runId !== runId) return attempt
    const asked = ours.asked && { ...ours.asked, answeredAt: now }
    const told = { ...attempt, ours: { ...ours, asked } }
    if (!isLiveAttempt(told) && !hasLiveRun(told)) return told
    if (!isKnown) return { ...told, ours: { ...told.ours, over: { how: 'gone', words: UNKNOWN, at: now, evidence } } }
    if (ours.cancel !== null) return isBeyondForce(ours) ? leftAlone(told, now, evidence) : told
    const why = reasonToCancel(told, rule, now)
    return why === null ? told : { ...told, ours: { ...told.ours, cancel: begin(why, now) } }
  })
}

/** Runs that must not go on beside another: twins of an attempt, and older attempts once a newer one is live. */
export function withoutStrays(pipeline: Pipeline, now: Instant): Pipeline {
  const stages = pipeline.stages.map((stage): Stage => {
    const newest = stage.attempts.findLast((attempt) => isOwn(attempt) && isLiveAttempt(attempt))
    const attempts = stage.attempts.map((attempt) => {
      if (!isOwn(attempt)) return attempt
      const { ours } = attempt
      const twins = ours.twins.map((twin) => {
        return twin.cancel === null && isLiveTwin(twin) ? { ...twin, cancel: begin('newer', now) } : twin
      })
      const isStray = attempt.number < (newest?.number ?? 0) && hasLiveRun(attempt) && ours.cancel === null
      return { ...attempt, ours: { ...ours, twins, cancel: isStray ? begin('newer', now) : ours.cancel } }
    })
    return { ...stage, attempts }
  })
  return { ...pipeline, stages }
}

/** Stops an attempt because a person said so. One of which nothing was sent, or which nobody can find, is over at once. */
export function stopped(attempt: OwnAttempt, by: string, now: Instant, evidence: Evidence): Attempt {
  const { ours } = attempt
  const { dispatch } = ours
  const isUnsent = dispatch === null || dispatch.state === 'waiting' || dispatch.needsPerson
  const isOver = ours.runId === null && isUnsent
  if (!isLiveAttempt(attempt) || (ours.cancel !== null && !isOver)) return attempt
  const over = { how: 'ordered', words: `was called off by @${by}`, at: now, evidence } as const
  return { ...attempt, ours: { ...ours, cancel: ours.cancel ?? begin('order', now), over: isOver ? over : null } }
}

/** When the clock is wanted next for what is done, not only shown; a moment that has passed is still wanted. */
export function deadlines(pipeline: Pipeline): readonly Instant[] {
  const moments: Instant[] = []
  eachOwn(pipeline, (attempt, rule) => {
    moments.push(...deadlinesOf(attempt, rule))
    return attempt
  })
  return moments
}

function watched(attempt: OwnAttempt, rule: StageRule, now: Instant, evidence: Evidence): Attempt {
  const { ours } = attempt
  const twins = ours.twins.map((twin) => pressed(twin, now))
  const pressing = { ...attempt, ours: { ...ours, twins } }
  if (ours.runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return pressing
  const { cancel } = ours
  if (cancel === null) {
    return askAt(attempt, rule) <= now ? { ...pressing, ours: { ...ours, twins, asked: ask(now) } } : pressing
  }
  if (pressAt(ours, cancel) > now) return pressing
  if (cancel.forcedAt === null) {
    return { ...pressing, ours: { ...ours, twins, cancel: { ...cancel, forcedAt: now }, asked: ask(now) } }
  }
  // What was finished and never told is found before the run is left alone; but a slot does not wait for ever.
  return isBeyondForce(ours)
    ? leftAlone(pressing, now, evidence)
    : { ...pressing, ours: { ...ours, twins, asked: ask(now) } }
}

/** Was GitHub asked once more after force had had its time? */
function isBeyondForce({ asked, cancel }: Ours): boolean {
  return asked !== null && cancel !== null && cancel.forcedAt !== null && asked.at >= nextStep(cancel)
}

function leftAlone(attempt: OwnAttempt, at: Instant, evidence: Evidence): Attempt {
  return { ...attempt, ours: { ...attempt.ours, over: { how: 'quarantined', words: LEFT, at, evidence } } }
}

function pressAt(ours: Ours, cancel: Cancel): Instant {
  if (ours.asked === null || !isBeyondForce(ours)) return nextStep(cancel)
  return secondsAfter(ours.asked.at, LONGEST_QUESTION_SECONDS)
}

function pressed(twin: Twin, now: Instant): Twin {
  if (twin.cancel === null || !isLiveTwin(twin) || nextStep(twin.cancel) > now) return twin
  return twin.cancel.forcedAt === null
    ? { ...twin, cancel: { ...twin.cancel, forcedAt: now } }
    : { ...twin, leftAt: now }
}

function deadlinesOf(attempt: OwnAttempt, rule: StageRule): readonly Instant[] {
  const { ours } = attempt
  const ofTwins = ours.twins.flatMap((twin) =>
    twin.cancel !== null && isLiveTwin(twin) ? [nextStep(twin.cancel)] : [],
  )
  if (ours.runId === null || !(isLiveAttempt(attempt) || hasLiveRun(attempt))) return ofTwins
  return [...ofTwins, ours.cancel === null ? askAt(attempt, rule) : pressAt(ours, ours.cancel)]
}

/** When GitHub is asked how the run stands: at the end of silence or at the limit; then again each time as long after. */
function askAt(attempt: OwnAttempt, { timeoutSeconds, limitSeconds }: StageRule): Instant {
  const { asked } = attempt.ours
  const silentAt = secondsAfter(heardAt(attempt), timeoutSeconds)
  const limitAt = secondsAfter(startedAt(attempt), limitSeconds)
  const first = earlier(silentAt, limitAt)
  if (asked === null || asked.at < first) return first
  const next = secondsAfter(asked.answeredAt ?? asked.at, timeoutSeconds)
  return asked.at < limitAt ? earlier(later(silentAt, next), limitAt) : next
}

function reasonToCancel(attempt: OwnAttempt, rule: StageRule, now: Instant): Cancel['why'] | null {
  const { run, ours } = attempt
  if (secondsAfter(startedAt(attempt), rule.limitSeconds) <= now) return 'limit'
  if (secondsAfter(heardAt(attempt), rule.timeoutSeconds) > now) return null
  if (run === null || run.status === 'queued') return 'never started'
  // One that never reports is not killed for its silence: GitHub says that it is at work.
  return ours.report === null ? null : 'silence'
}

function ask(now: Instant): { readonly at: Instant; readonly answeredAt: null } {
  return { at: now, answeredAt: null }
}

function begin(why: Cancel['why'], at: Instant): Cancel {
  return { why, at, forcedAt: null, told: null }
}

function eachOwn(pipeline: Pipeline, change: (attempt: OwnAttempt, rule: StageRule) => Attempt): Pipeline {
  const stages = pipeline.stages.map((stage, index): Stage => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined || !stage.attempts.some(isOwn)) return stage
    return { ...stage, attempts: stage.attempts.map((attempt) => (isOwn(attempt) ? change(attempt, rule) : attempt)) }
  })
  return { ...pipeline, stages }
}

const UNKNOWN = 'has no run any more, says GitHub'
const LEFT = 'would not be cancelled and is left alone'
