// Derived when read, never stored. Two clocks: a run is alive when GitHub says anything new about it, and it makes
// progress when a job or a step moves. Silence after progress is a stall; silence of a run that never told any is unknown.
import type { StageConfig } from '../../line/line.ts'
import { holdsAffectingStage, pipelineHolds } from '../holds/holds.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Health, Pipeline } from '../model/pipeline.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import { currentAttempt, isLiveAttempt, isUndispatched } from '../stages/attempt-outcome.ts'
import { lastActivityAt, runStartedAt } from '../stages/attempt-timings.ts'
import { headlineOf, isLive } from './light.ts'

/** The health of the stage that the light speaks of, and since when it is so; `ok` has no since. */
export function deriveHealth(
  pipeline: Pipeline,
  now: Instant,
  holds = pipelineHolds(pipeline),
): { readonly health: Health; readonly since: Instant | null } {
  const troubles = upcomingProblems(pipeline, holds).filter(({ since }) => since <= now)
  return troubles.at(-1) ?? { health: 'ok', since: null }
}

/** From when on a person is needed if nothing changes; null: never. */
export function needsYouAt(pipeline: Pipeline): Instant | null {
  const lit = headlineOf(pipeline)
  if (lit.light === 'review' || lit.light === 'failed') return lit.since
  return upcomingProblems(pipeline).find(({ health }) => health !== 'unknown')?.since ?? null
}

/** When whatever is behind the light last gave any sign, and when it last got anything done. */
export function activityOf(pipeline: Pipeline): {
  readonly aliveAt: Instant | null
  readonly progressAt: Instant | null
} {
  const attempt = attemptOfHeadline(pipeline, pipelineHolds(pipeline))?.attempt
  if (attempt === undefined) return { aliveAt: null, progressAt: null }
  const { run, control } = attempt
  const moved = run === null ? null : runProgressAt(run)
  const reported = control?.report?.progressAt ?? null
  return {
    aliveAt: isAdmitted(attempt) ? lastActivityAt(attempt) : run && runAliveAt(run),
    progressAt: moved !== null && reported !== null ? latest(moved, reported) : (moved ?? reported),
  }
}

type HealthProblem = { readonly health: Health; readonly since: Instant }

/** What will be wrong, and from when, unless something is heard before: soonest first, the graver last. */
export function upcomingProblems(pipeline: Pipeline, holds = pipelineHolds(pipeline)): readonly HealthProblem[] {
  const behind = attemptOfHeadline(pipeline, holds)
  if (behind === null) return []
  const { attempt, rule } = behind
  const silent = isAdmitted(attempt)
    ? silenceOfAdmitted(attempt, rule)
    : attempt.run && silenceOfObservedRun(attempt.run, rule)
  if (silent === null) return []
  const began = isAdmitted(attempt) ? runStartedAt(attempt) : (attempt.run?.startedAt ?? silent.since)
  const stale = { health: 'stale', since: secondsAfter(began, rule.limitSeconds) } as const
  return silent.since < stale.since ? [silent, stale] : [stale]
}

function silenceOfObservedRun(run: RunFact, { timeoutSeconds }: StageConfig): HealthProblem {
  const silent = run.status === 'in_progress' && runProgressAt(run) === null ? 'unknown' : 'stalled'
  return { health: silent, since: secondsAfter(runAliveAt(run), timeoutSeconds) }
}

/** A workflow that reports is stalled when it gets nothing done, however it beats; of one that never does nothing is known. */
function silenceOfAdmitted(attempt: AdmittedAttempt, { timeoutSeconds }: StageConfig): HealthProblem {
  const { run, control } = attempt
  const { dispatch, report } = control
  if (run === null && dispatch?.needsPerson) return { health: 'stalled', since: dispatch.at }
  if (run === null || run.status !== 'in_progress') {
    return {
      health: 'stalled',
      since: secondsAfter(latest(lastActivityAt(attempt), dispatch?.until ?? ''), timeoutSeconds),
    }
  }
  if (report === null) return { health: 'unknown', since: secondsAfter(lastActivityAt(attempt), timeoutSeconds) }
  return { health: 'stalled', since: secondsAfter(latest(runAliveAt(run), report.progressAt ?? ''), timeoutSeconds) }
}

function attemptOfHeadline(
  pipeline: Pipeline,
  holds: readonly Hold[],
): { readonly attempt: Attempt; readonly rule: StageConfig } | null {
  const { stage: name } = headlineOf(pipeline)
  const stage = pipeline.stages.find((known) => known.name === name)
  const rule = pipeline.line.stages.find((known) => known.name === name)
  if (stage === undefined || rule === undefined || !isLive(stage) || pipeline.removed !== null) return null
  const attempt = currentAttempt(stage)
  // Nothing is sent of it while it is held: that it is silent says nothing.
  if (attempt !== null && isUndispatched(attempt) && holdsAffectingStage(holds, stage.name).length > 0) return null
  return attempt !== null && isLiveAttempt(attempt) ? { attempt, rule } : null
}

function runAliveAt(run: RunFact): Instant {
  return run.jobs.reduce((newest, job) => latest(newest, job.at), run.updatedAt)
}

function runProgressAt(run: RunFact): Instant | null {
  const moved = run.jobs.filter(({ status }) => status === 'in_progress' || status === 'completed')
  return moved.length === 0 ? null : moved.map(({ at }) => at).reduce(latest)
}
