// Derived when read, never stored. Two clocks: a run is alive when GitHub says anything new about it, and it makes
// progress when a job or a step moves. Silence after progress is a stall; silence of a run that never told any is unknown.
import type { StageRule } from '../../line/line.ts'
import { holdsOver, ownHolds } from '../holds/holds.ts'
import { isOwn, type OwnAttempt } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Health, Pipeline } from '../model/pipeline.ts'
import { type Instant, later, secondsAfter } from '../model/time.ts'
import { currentAttempt, isLiveAttempt, isUnsent } from '../stages/attempt-outcome.ts'
import { heardAt, startedAt } from '../stages/attempt-timings.ts'
import { isLive, light } from './light.ts'

/** The health of the stage that the light speaks of, and since when it is so; `ok` has no since. */
export function health(
  pipeline: Pipeline,
  now: Instant,
  holds = ownHolds(pipeline),
): { readonly health: Health; readonly since: Instant | null } {
  const troubles = troublesAhead(pipeline, holds).filter(({ since }) => since <= now)
  return troubles.at(-1) ?? { health: 'ok', since: null }
}

/** From when on a person is needed if nothing changes; null: never. */
export function needsYouAt(pipeline: Pipeline): Instant | null {
  const lit = light(pipeline)
  if (lit.light === 'review' || lit.light === 'failed') return lit.since
  return troublesAhead(pipeline).find(({ health }) => health !== 'unknown')?.since ?? null
}

/** When whatever is behind the light last gave any sign, and when it last got anything done. */
export function clocks(pipeline: Pipeline): { readonly aliveAt: Instant | null; readonly progressAt: Instant | null } {
  const attempt = attemptBehindLight(pipeline, ownHolds(pipeline))?.attempt
  if (attempt === undefined) return { aliveAt: null, progressAt: null }
  const { run, ours } = attempt
  const moved = run === null ? null : progressAt(run)
  const reported = ours?.report?.progressAt ?? null
  return {
    aliveAt: isOwn(attempt) ? heardAt(attempt) : run && aliveAt(run),
    progressAt: moved !== null && reported !== null ? later(moved, reported) : (moved ?? reported),
  }
}

type Trouble = { readonly health: Health; readonly since: Instant }

/** What will be wrong, and from when, unless something is heard before: soonest first, the graver last. */
export function troublesAhead(pipeline: Pipeline, holds = ownHolds(pipeline)): readonly Trouble[] {
  const behind = attemptBehindLight(pipeline, holds)
  if (behind === null) return []
  const { attempt, rule } = behind
  const silent = isOwn(attempt) ? silenceOfOurs(attempt, rule) : attempt.run && silenceOfRun(attempt.run, rule)
  if (silent === null) return []
  const began = isOwn(attempt) ? startedAt(attempt) : (attempt.run?.startedAt ?? silent.since)
  const stale = { health: 'stale', since: secondsAfter(began, rule.limitSeconds) } as const
  return silent.since < stale.since ? [silent, stale] : [stale]
}

function silenceOfRun(run: RunFact, { timeoutSeconds }: StageRule): Trouble {
  const silent = run.status === 'in_progress' && progressAt(run) === null ? 'unknown' : 'stalled'
  return { health: silent, since: secondsAfter(aliveAt(run), timeoutSeconds) }
}

/** A workflow that reports is stalled when it gets nothing done, however it beats; of one that never does nothing is known. */
function silenceOfOurs(attempt: OwnAttempt, { timeoutSeconds }: StageRule): Trouble {
  const { run, ours } = attempt
  const { dispatch, report } = ours
  if (run === null && dispatch?.needsPerson) return { health: 'stalled', since: dispatch.at }
  if (run === null || run.status !== 'in_progress') {
    return { health: 'stalled', since: secondsAfter(later(heardAt(attempt), dispatch?.until ?? ''), timeoutSeconds) }
  }
  if (report === null) return { health: 'unknown', since: secondsAfter(heardAt(attempt), timeoutSeconds) }
  return { health: 'stalled', since: secondsAfter(later(aliveAt(run), report.progressAt ?? ''), timeoutSeconds) }
}

function attemptBehindLight(
  pipeline: Pipeline,
  holds: readonly Hold[],
): { readonly attempt: Attempt; readonly rule: StageRule } | null {
  const { stage: name } = light(pipeline)
  const stage = pipeline.stages.find((known) => known.name === name)
  const rule = pipeline.line.stages.find((known) => known.name === name)
  if (stage === undefined || rule === undefined || !isLive(stage) || pipeline.gone !== null) return null
  const attempt = currentAttempt(stage)
  // Nothing is sent of it while it is held: that it is silent says nothing.
  if (attempt !== null && isUnsent(attempt) && holdsOver(holds, stage.name).length > 0) return null
  return attempt !== null && isLiveAttempt(attempt) ? { attempt, rule } : null
}

function aliveAt(run: RunFact): Instant {
  return run.jobs.reduce((newest, job) => later(newest, job.at), run.updatedAt)
}

function progressAt(run: RunFact): Instant | null {
  const moved = run.jobs.filter(({ status }) => status === 'in_progress' || status === 'completed')
  return moved.length === 0 ? null : moved.map(({ at }) => at).reduce(later)
}
