// Derived when read, never stored. Two clocks: a run is alive when GitHub says anything new about it, and it makes
// progress when a job or a step moves. Silence after progress is a stall; silence of a run that never told any is unknown.
import type { StageRule } from '../line/line.ts'
import type { RunFact } from './facts.ts'
import { later, secondsAfter } from './instants.ts'
import { isLive, light } from './light.ts'
import type { Health, Instant, Pipeline } from './pipeline.ts'
import { newestAttempt } from './settle-run.ts'

/** The health of the stage that the light speaks of, and since when it is so; `ok` has no since. */
export function health(pipeline: Pipeline, now: Instant): { readonly health: Health; readonly since: Instant | null } {
  const troubles = troublesAhead(pipeline).filter(({ since }) => since <= now)
  return troubles.at(-1) ?? { health: 'ok', since: null }
}

/** From when on a person is needed if nothing changes; null: never. */
export function needsYouAt(pipeline: Pipeline): Instant | null {
  const lit = light(pipeline)
  if (lit.light === 'review' || lit.light === 'failed') return lit.since
  return troublesAhead(pipeline).find(({ health }) => health !== 'unknown')?.since ?? null
}

/** The next moment after this one at which what is derived changes by itself. */
export function wakeAt(pipeline: Pipeline, after: Instant): Instant | null {
  return troublesAhead(pipeline).find(({ since }) => since > after)?.since ?? null
}

/** When the run behind the light last gave any sign, and when a job or step of it last moved. */
export function clocks(pipeline: Pipeline): { readonly aliveAt: Instant | null; readonly progressAt: Instant | null } {
  const run = runBehindLight(pipeline)?.run
  return run === undefined
    ? { aliveAt: null, progressAt: null }
    : { aliveAt: aliveAt(run), progressAt: progressAt(run) }
}

/** What will be wrong, and from when, unless something is heard before: soonest first, the graver last. */
function troublesAhead(pipeline: Pipeline): readonly { readonly health: Health; readonly since: Instant }[] {
  const behind = runBehindLight(pipeline)
  if (behind === null) return []
  const { run, rule } = behind
  const silent = run.status === 'in_progress' && progressAt(run) === null ? 'unknown' : 'stalled'
  const silentAt = secondsAfter(aliveAt(run), rule.timeoutSeconds)
  const staleAt = secondsAfter(run.startedAt, rule.limitSeconds)
  const stale = { health: 'stale', since: staleAt } as const
  return silentAt < staleAt ? [{ health: silent, since: silentAt }, stale] : [stale]
}

function runBehindLight(pipeline: Pipeline): { readonly run: RunFact; readonly rule: StageRule } | null {
  const { stage: name } = light(pipeline)
  const stage = pipeline.stages.find((known) => known.name === name)
  const rule = pipeline.line.stages.find((known) => known.name === name)
  const run = stage && isLive(stage) && pipeline.gone === null ? newestAttempt(stage)?.run : undefined
  return run === undefined || rule === undefined ? null : { run, rule }
}

function aliveAt(run: RunFact): Instant {
  return run.jobs.reduce((newest, job) => later(newest, job.at), run.updatedAt)
}

function progressAt(run: RunFact): Instant | null {
  const moved = run.jobs.filter(({ status }) => status === 'in_progress' || status === 'completed')
  return moved.length === 0 ? null : moved.map(({ at }) => at).reduce(later)
}
