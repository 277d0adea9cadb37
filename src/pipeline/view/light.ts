// An issue shows one light, and is counted once: at its furthest live stage, or by what is left when none is live.
import type { StageName } from '../../line/line.ts'
import { currentPullRequest } from '../facts/current-pull-request.ts'
import { dispatchesAnyStage } from '../model/line-rules.ts'
import type { Light, Pipeline, Stage } from '../model/pipeline.ts'
import type { Reason } from '../model/reason.ts'
import type { Instant } from '../model/time.ts'
import { attemptStartedAt, currentAttempt } from '../stages/attempt-outcome.ts'

/** The light, the stage it speaks of, since when and why. */
export type Headline = {
  readonly light: Light
  readonly stage: StageName
  readonly since: Instant
  readonly reason: Reason | null
}

/** The one light of a pipeline. */
export function headlineOf(pipeline: Pipeline): Headline {
  const live = pipeline.removed === null ? pipeline.stages.findLast(isLive) : undefined
  if (live !== undefined && isLive(live)) return headlineAt(pipeline, live.status, live)
  const failed = stageNeedingAttention(pipeline)
  if (failed !== null) return headlineAt(pipeline, 'failed', failed)
  return whenFinished(pipeline) ?? whenNothingIsLive(pipeline)
}

/** Is somebody or something at work on it, or is it next? */
export function isLive(stage: Stage): stage is Stage & { readonly status: 'running' | 'review' | 'queued' } {
  return stage.status === 'running' || stage.status === 'review' || stage.status === 'queued'
}

/** The furthest failed stage that the line has not since gone past. */
function stageNeedingAttention(pipeline: Pipeline): Stage | null {
  if (pipeline.removed !== null || pipeline.issue.state === 'closed' || isMerged(pipeline)) return null
  const failed = pipeline.stages.findLast(({ status }, index) => {
    const failed = pipeline.stages[index]
    return (
      status === 'failed' &&
      !pipeline.stages.slice(index + 1).some((later) => isFinished(later) && isPassedBy(failed, later))
    )
  })
  return failed ?? null
}

/** In rework an earlier stage fails anew, after a later one was done: only what ran afterwards has gone past it. */
function isPassedBy(failed: Stage | undefined, later: Stage): boolean {
  const tried = failed === undefined ? null : currentAttempt(failed)
  const passed = currentAttempt(later)
  if (tried === null || passed === null || passed.run === null) return true
  // One that was refused has no run to be compared by.
  return tried.run === null ? attemptStartedAt(passed) > attemptStartedAt(tried) : passed.run.id > tried.run.id
}

function whenFinished(pipeline: Pipeline): Headline | null {
  const last = pipeline.stages.at(-1)
  if (pipeline.removed !== null || last === undefined) return null
  if (isFinished(last) || isMerged(pipeline)) return headlineAt(pipeline, 'done', last)
  const { state, stateReason } = pipeline.issue
  return state === 'closed' && stateReason === 'completed' ? closedHeadline(pipeline, 'done', last) : null
}

function whenNothingIsLive(pipeline: Pipeline): Headline {
  const { removed, issue, line, stages } = pipeline
  // Where Andon runs the line, what came to a halt says more than what would have come after it.
  const halted = dispatchesAnyStage(line) ? stages.findLast(({ status }) => status === 'cancelled') : undefined
  const furthest = halted ?? stages.findLast(({ since }) => since !== null) ?? stages[0]
  const idle = headlineAt(pipeline, 'idle', furthest)
  if (removed !== null) return { ...idle, since: removed.at, reason: { kind: 'issue-removed', why: removed.why } }
  if (issue.state === 'closed') return closedHeadline(pipeline, 'idle', furthest)
  const next = furthest && isFinished(furthest) ? line.stages[stages.indexOf(furthest) + 1] : undefined
  return next === undefined ? idle : { ...idle, reason: { kind: 'stage-over', workflow: next.workflow } }
}

function closedHeadline(pipeline: Pipeline, colour: Light, stage: Stage | undefined): Headline {
  const { stateReason, closedAt, updatedAt } = pipeline.issue
  const reason = { kind: 'issue-closed', stateReason } as const
  return { ...headlineAt(pipeline, colour, stage), since: closedAt ?? updatedAt, reason }
}

function headlineAt({ start }: Pipeline, colour: Light, stage: Stage | undefined): Headline {
  return { light: colour, stage: stage?.name ?? '', since: stage?.since ?? start.at, reason: stage?.reason ?? null }
}

function isMerged(pipeline: Pipeline): boolean {
  return currentPullRequest(pipeline)?.state === 'merged'
}

function isFinished({ status }: Stage): boolean {
  return status === 'done' || status === 'skipped'
}
