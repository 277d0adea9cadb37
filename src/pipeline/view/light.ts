// An issue shows one light, and is counted once: at its furthest live stage, or by what is left when none is live.
import type { StageName } from '../../line/line.ts'
import { pullRequestOf } from '../facts/current-pull-request.ts'
import { runsTheLine } from '../model/line-rules.ts'
import type { Light, Pipeline, Stage } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { begunAt, currentAttempt } from '../stages/attempt-outcome.ts'
import { awaitedBy } from '../stages/derive-stages.ts'

/** The light, the stage it speaks of, since when and why. */
export type Lit = {
  readonly light: Light
  readonly stage: StageName
  readonly since: Instant
  readonly reason: string
}

/** The one light of a pipeline. */
export function light(pipeline: Pipeline): Lit {
  const live = pipeline.gone === null ? pipeline.stages.findLast(isLive) : undefined
  if (live !== undefined && isLive(live)) return lit(pipeline, live.status, live)
  const failed = stageThatNeedsSomebody(pipeline)
  if (failed !== null) return lit(pipeline, 'failed', failed)
  return finished(pipeline) ?? resting(pipeline)
}

/** Is somebody or something at work on it, or is it next? */
export function isLive(stage: Stage): stage is Stage & { readonly status: 'running' | 'review' | 'queued' } {
  return stage.status === 'running' || stage.status === 'review' || stage.status === 'queued'
}

/** The furthest failed stage that the line has not since gone past. */
function stageThatNeedsSomebody(pipeline: Pipeline): Stage | null {
  if (pipeline.gone !== null || pipeline.issue.state === 'closed' || isMerged(pipeline)) return null
  const failed = pipeline.stages.findLast(({ status }, index) => {
    const failed = pipeline.stages[index]
    return (
      status === 'failed' && !pipeline.stages.slice(index + 1).some((later) => isOver(later) && wentOn(failed, later))
    )
  })
  return failed ?? null
}

/** In rework an earlier stage fails anew, after a later one was done: only what ran afterwards has gone past it. */
function wentOn(failed: Stage | undefined, later: Stage): boolean {
  const tried = failed === undefined ? null : currentAttempt(failed)
  const passed = currentAttempt(later)
  if (tried === null || passed === null || passed.run === null) return true
  // One that was refused has no run to be compared by.
  return tried.run === null ? begunAt(passed) > begunAt(tried) : passed.run.id > tried.run.id
}

function finished(pipeline: Pipeline): Lit | null {
  const last = pipeline.stages.at(-1)
  if (pipeline.gone !== null || last === undefined) return null
  if (isOver(last) || isMerged(pipeline)) return lit(pipeline, 'done', last)
  const { state, stateReason } = pipeline.issue
  return state === 'closed' && stateReason === 'completed' ? closed(pipeline, 'done', last) : null
}

function resting(pipeline: Pipeline): Lit {
  const { gone, issue, line, stages } = pipeline
  // Where Andon runs the line, what came to a halt says more than what would have come after it.
  const halted = runsTheLine(line) ? stages.findLast(({ status }) => status === 'cancelled') : undefined
  const furthest = halted ?? stages.findLast(({ since }) => since !== null) ?? stages[0]
  if (gone !== null) return { ...lit(pipeline, 'idle', furthest), since: gone.at, reason: `the issue was ${gone.why}` }
  if (issue.state === 'closed') return closed(pipeline, 'idle', furthest)
  const next = furthest && isOver(furthest) ? line.stages[stages.indexOf(furthest) + 1] : undefined
  const resting = lit(pipeline, 'idle', furthest)
  return next === undefined ? resting : { ...resting, reason: `${resting.stage} is over; waits for ${awaitedBy(next)}` }
}

function closed(pipeline: Pipeline, colour: Light, stage: Stage | undefined): Lit {
  const { stateReason, closedAt, updatedAt } = pipeline.issue
  const how = stateReason === null || stateReason === 'reopened' ? '' : ` as ${stateReason.replaceAll('_', ' ')}`
  return { ...lit(pipeline, colour, stage), since: closedAt ?? updatedAt, reason: `the issue was closed${how}` }
}

function lit({ begun }: Pipeline, colour: Light, stage: Stage | undefined): Lit {
  return { light: colour, stage: stage?.name ?? '', since: stage?.since ?? begun.at, reason: stage?.reason ?? '' }
}

function isMerged(pipeline: Pipeline): boolean {
  return pullRequestOf(pipeline)?.state === 'merged'
}

function isOver({ status }: Stage): boolean {
  return status === 'done' || status === 'skipped'
}
