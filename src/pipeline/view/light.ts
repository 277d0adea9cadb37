// A pipeline has one light and is counted once: at its furthest live stage, or by what is left when none is live. Its health
// is derived when read, never stored. A run is alive when GitHub says anything new about it; it makes progress when a job or
// a step moves. Silence after progress is a stall; a run that never showed any progress is unknown.
import type { StageConfig, StageName } from '../../line/line.ts'
import { dispatchesAnyStage } from '../../line/stage-rules.ts'
import { currentPullRequest } from '../facts/correlate.ts'
import { githubWaitOf } from '../facts/github-wait.ts'
import { holdsAffectingStage, pipelineHolds } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Health, Light, Pipeline, Stage, StageStatus } from '../model/pipeline.ts'
import type { Reason } from '../model/reason.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import {
  attemptStartedAt,
  countedFrom,
  currentAttempt,
  isLiveAttempt,
  isUndispatched,
  lastActivityAt,
  runStartedAt,
  silentSince,
} from '../stages/attempts.ts'
import { runAliveAt } from '../stages/run-outcome.ts'
import { workflowHoldOn } from './held-by-andon.ts'

/** The light, the stage that decides it, since when and why. */
export type Headline = {
  readonly light: Light
  readonly stage: StageName
  readonly since: Instant
  readonly reason: Reason | null
}

export function headlineOf(pipeline: Pipeline): Headline {
  const live = pipeline.removed === null ? pipeline.stages.findLast(isLive) : undefined
  if (live !== undefined) return headlineAt(pipeline, live.status, live)
  const failed = stageNeedingAttention(pipeline)
  if (failed !== undefined) return headlineAt(pipeline, 'failed', failed)
  return whenFinished(pipeline) ?? whenNothingIsLive(pipeline)
}

/** Is the stage at work, or next? */
export function isLive(stage: Stage): stage is Stage & { readonly status: 'running' | 'review' | 'queued' } {
  return stage.status === 'running' || stage.status === 'review' || stage.status === 'queued'
}

/**
 * Where the pipeline moves: the stage of the light, unless that waits for a review while a stage before it is live. A pull
 * request is often opened before its tests have run.
 */
export function headlineAtWork(pipeline: Pipeline): Headline {
  const headline = headlineOf(pipeline)
  if (headline.light !== 'review') return headline
  const earlier = earlierStages(pipeline, headline).findLast(isLive)
  return earlier === undefined ? headline : headlineAt(pipeline, earlier.status, earlier)
}

/** The gravest stage that the light does not show, because a later one is live; null if none failed, waits or runs. */
export function hiddenStageOf(pipeline: Pipeline): Stage | null {
  const headline = headlineOf(pipeline)
  if (!['running', 'review', 'queued'].includes(headline.light)) return null
  const earlier = earlierStages(pipeline, headline)
  const failed = stageNeedingAttention({ ...pipeline, stages: earlier })
  const byStatus = (wanted: StageStatus) => earlier.findLast(({ status }) => status === wanted)
  return failed ?? byStatus('review') ?? byStatus('queued') ?? byStatus('running') ?? null
}

function earlierStages({ stages }: Pipeline, { stage }: Headline): readonly Stage[] {
  return stages.slice(
    0,
    stages.findIndex(({ name }) => name === stage),
  )
}

/** What is or will be wrong with a run, and from when on. */
export type HealthProblem = { readonly health: Health; readonly since: Instant }

/** The health of the stage at work by what is known of it, and since when; `ok` has no since. */
export function deriveHealth(
  pipeline: Pipeline,
  now: Instant,
  holds = pipelineHolds(pipeline),
): { readonly health: Health; readonly since: Instant | null } {
  const problem = upcomingProblems(pipeline, holds).findLast(({ since }) => since <= now)
  return problem ?? { health: 'ok', since: null }
}

/** When the attempt at work last gave a sign of life, and when it last made progress. */
export function activityOf(pipeline: Pipeline): Readonly<Record<'aliveAt' | 'progressAt', Instant | null>> {
  const attempt = attemptAtWork(pipeline, pipelineHolds(pipeline))?.attempt
  if (attempt === undefined) return { aliveAt: null, progressAt: null }
  const { run, control } = attempt
  const movedAt = run && runProgressAt(run)
  const reportedAt = control?.report?.progressAt ?? null
  return {
    aliveAt: isAdmitted(attempt) ? lastActivityAt(attempt) : run && runAliveAt(run),
    progressAt: movedAt !== null && reportedAt !== null ? latest(movedAt, reportedAt) : (movedAt ?? reportedAt),
  }
}

/** Has the attempt at work not been sent? Then a hold keeps it, and its silence says nothing. */
export function isUnsentAtWork(pipeline: Pipeline): boolean {
  const attempt = attemptAtWork(pipeline, [])?.attempt
  return attempt !== undefined && isUndispatched(attempt)
}

/** Upcoming health problems if the run stays silent: soonest first, the graver last. */
export function upcomingProblems(pipeline: Pipeline, holds = pipelineHolds(pipeline)): readonly HealthProblem[] {
  const behind = attemptAtWork(pipeline, holds)
  if (behind === null) return []
  const { attempt, rule } = behind
  const silent = silenceOf(attempt, rule)
  const startedAt = isAdmitted(attempt) ? runStartedAt(attempt) : attempt.run?.startedAt
  if (startedAt === undefined) return []
  const stale = { health: 'stale', since: secondsAfter(startedAt, rule.limitSeconds) } as const
  return silent !== null && silent.since < stale.since ? [silent, stale] : [stale]
}

/**
 * A workflow that reports is stalled when it makes no progress, however it beats; one that never reports is unknown. Null for
 * one that GitHub itself makes wait.
 */
function silenceOf(attempt: Attempt, { timeoutSeconds }: StageConfig): HealthProblem | null {
  const { run } = attempt
  if (run !== null && githubWaitOf(run) !== null) return null
  const after = (health: Health, at: Instant) => ({ health, since: secondsAfter(at, timeoutSeconds) })
  if (!isAdmitted(attempt)) {
    const isUnknown = run?.status === 'in_progress' && runProgressAt(run) === null
    return run && after(isUnknown ? 'unknown' : 'stalled', countedFrom(runAliveAt(run), attempt))
  }
  const { dispatch, report } = attempt.control
  if (run === null && dispatch?.needsPerson) return { health: 'stalled', since: dispatch.at }
  if (run === null || run.status !== 'in_progress')
    return after('stalled', latest(silentSince(attempt), dispatch?.until ?? ''))
  if (report === null) return after('unknown', silentSince(attempt))
  return after('stalled', countedFrom(latest(runAliveAt(run), report.progressAt ?? ''), attempt))
}

function attemptAtWork(
  pipeline: Pipeline,
  holds: readonly Hold[],
): { readonly attempt: Attempt; readonly rule: StageConfig } | null {
  const { stage: name } = headlineAtWork(pipeline)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  const rule = pipeline.line.stages.find((rule) => rule.name === name)
  if (stage === undefined || rule === undefined || !isLive(stage) || pipeline.removed !== null) return null
  const attempt = currentAttempt(stage)
  if (attempt === null || !isLiveAttempt(attempt)) return null
  // Nothing is dispatched while a hold is active, so silence says nothing.
  const isHeld = holdsAffectingStage(holds, name).length > 0 || workflowHoldOn(pipeline) !== null
  return isUndispatched(attempt) && isHeld ? null : { attempt, rule }
}

function runProgressAt({ jobs }: RunFact): Instant | null {
  const moved = jobs.filter(({ status }) => status === 'in_progress' || status === 'completed')
  return moved.length === 0 ? null : moved.map(({ at }) => at).reduce(latest)
}

/** The furthest failed stage that no later stage has since passed by. */
function stageNeedingAttention(pipeline: Pipeline): Stage | undefined {
  if (pipeline.removed !== null || pipeline.issue.state === 'closed' || isMerged(pipeline)) return undefined
  return pipeline.stages.findLast((stage, index) => {
    const isPassed = pipeline.stages.slice(index + 1).some((later) => isFinished(later) && isPassedBy(stage, later))
    return stage.status === 'failed' && !isPassed
  })
}

/** In rework an earlier stage may fail after a later one was done: only what ran afterwards has passed it by. */
function isPassedBy(failed: Stage, later: Stage): boolean {
  const tried = currentAttempt(failed)
  const passed = currentAttempt(later)
  if (tried === null || passed === null || passed.run === null) return true
  // A refused attempt has no run to compare.
  return tried.run === null ? attemptStartedAt(passed) > attemptStartedAt(tried) : passed.run.id > tried.run.id
}

function whenFinished(pipeline: Pipeline): Headline | null {
  const last = pipeline.stages.at(-1)
  if (pipeline.removed !== null || last === undefined) return null
  if (isFinished(last) || isMerged(pipeline)) return headlineAt(pipeline, 'done', last)
  const { state, stateReason, isContested } = pipeline.issue
  return state === 'closed' && !isContested && stateReason === 'completed'
    ? closedHeadline(pipeline, 'done', last)
    : null
}

function whenNothingIsLive(pipeline: Pipeline): Headline {
  const { removed, issue, line, stages } = pipeline
  // Where Andon starts stages, a cancelled one says more than the stages after it.
  const halted = dispatchesAnyStage(line) ? stages.findLast(({ status }) => status === 'cancelled') : undefined
  const furthest = halted ?? stages.findLast(({ since }) => since !== null) ?? stages[0]
  const idle = headlineAt(pipeline, 'idle', furthest)
  if (removed !== null) return { ...idle, since: removed.at, reason: { kind: 'issue-removed', why: removed.why } }
  if (issue.state === 'closed') return closedHeadline(pipeline, 'idle', furthest)
  const next = furthest && isFinished(furthest) ? line.stages[stages.indexOf(furthest) + 1] : undefined
  return next === undefined ? idle : { ...idle, reason: { kind: 'stage-over', workflow: next.workflow } }
}

function closedHeadline(pipeline: Pipeline, light: Light, stage: Stage | undefined): Headline {
  const { stateReason, closedAt, updatedAt, isContested } = pipeline.issue
  const reason = isContested
    ? ({ kind: 'asks-issue-state' } as const)
    : ({ kind: 'issue-closed', stateReason } as const)
  return { ...headlineAt(pipeline, light, stage), since: closedAt ?? updatedAt, reason }
}

function headlineAt({ start }: Pipeline, light: Light, stage: Stage | undefined): Headline {
  return { light, stage: stage?.name ?? '', since: stage?.since ?? start.at, reason: stage?.reason ?? null }
}

function isMerged(pipeline: Pipeline): boolean {
  return currentPullRequest(pipeline)?.state === 'merged'
}

function isFinished({ status }: Stage): boolean {
  return status === 'done' || status === 'skipped'
}
