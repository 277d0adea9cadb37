// The stages are derived again from the merged facts after each event. No transition is ever taken, so none can be
// taken twice, missed or taken in the wrong order: the same facts always give the same stages.

import type { StageConfig } from '../../line/line.ts'
import { isDispatched } from '../../line/stage-rules.ts'
import {
  belongsToPipeline,
  currentPullRequest,
  currentPullRequests,
  issuesOfPullRequest,
  keyOfRun,
  stateSince,
} from '../facts/correlate.ts'
import { withBoundedRefusals } from '../facts/standing.ts'
import { greatest } from '../facts/total-order.ts'
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import type { Reason } from '../model/reason.ts'
import { admittedAttempts, attemptStartedAt, currentAttempt, isLiveAttempt, isUndispatched } from './attempts.ts'
import { UNTOUCHED } from './derive-from-attempt.ts'
import {
  type DerivedStage,
  deriveDispatched,
  deriveFromCommand,
  deriveGate,
  deriveObservedWorkflow,
  deriveUnauthorizedStart,
  type StageContext,
} from './derive-from-attempts.ts'
import { newestVerdicts, reworkRoundsOf, triggerOf } from './triggers.ts'

/** The pipeline as its facts say it stands. */
export function deriveStages(pipeline: Pipeline): Pipeline {
  const pullRequests = pipeline.pullRequests.filter((fact) => issuesOfPullRequest(fact).includes(pipeline.issue.number))
  const linked = withBoundedRefusals({ ...pipeline, pullRequests })
  const stages = pipeline.stages.map((stage) => ({ ...stage, attempts: linkedAttemptsOf(linked, stage) }))
  return withDerivedStages({ ...linked, stages })
}

function withDerivedStages(pipeline: Pipeline): Pipeline {
  const stages: Stage[] = []
  for (const [index, stage] of pipeline.stages.entries()) {
    const rule = pipeline.line.stages[index]
    const { name, attempts, commands } = stage
    const derived = rule
      ? deriveStage({ pipeline, stage, rule, trigger: triggerOf(pipeline, stage), before: stages })
      : UNTOUCHED
    stages.push({ name, ...derived, attempts, ...(commands && { commands }) })
  }
  const { denial, ...rest } = { ...pipeline, stages }
  const isWaiting = stages.some(
    ({ name, queuedAt }) => queuedAt != null && pipelineHoldAffectingStage(pipeline, name) === null,
  )
  return isWaiting && denial ? { ...rest, denial } : rest
}

function deriveStage(context: StageContext): DerivedStage {
  const known = isDispatched(context.rule) ? deriveDispatched(context) : deriveObserved(context)
  const derived = withoutPassedGate(context, known ?? deriveFirstStage(context) ?? UNTOUCHED)
  if (derived.status !== 'queued' || isInFlight(context)) return derived
  return deriveCalledOff(context) ?? derived
}

/** Nobody is asked to open a gate behind which nothing will start, or something has run already. */
function withoutPassedGate(context: StageContext, derived: DerivedStage): DerivedStage {
  if (derived.reason?.kind !== 'waits-for-approval') return derived
  const calledOff = deriveCalledOff(context)
  const isOver = calledOff !== null && calledOff.reason?.kind !== 'asks-issue-state'
  return isOver || hasLaterRun(context) ? { ...derived, status: 'done', reason: derived.reason.last } : derived
}

/** GitHub hands out run ids in order. */
function hasLaterRun({ pipeline, stage }: StageContext): boolean {
  const own = currentAttempt(stage)?.run?.id ?? 0
  const index = pipeline.stages.findIndex(({ name }) => name === stage.name)
  return pipeline.stages.slice(index + 1).some(({ attempts }) => attempts.some(({ run }) => (run?.id ?? 0) > own))
}

function deriveObserved(context: StageContext): DerivedStage | null {
  const { pipeline, stage, rule } = context
  const derived = rule.workflow === null ? deriveReview(pipeline) : deriveObservedWorkflow(stage)
  const isLive = stage.attempts.some(isLiveAttempt)
  const commanded = isLive || derived?.status === 'done' ? null : deriveFromCommand(context)
  return commanded ?? (derived && rule.workflow !== null ? deriveGate(context, derived) : derived)
}

/** The stage without a workflow; null while no pull request is linked. */
function deriveReview(pipeline: Pipeline): DerivedStage | null {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest === null) return null
  const { number, evidence, draft } = pullRequest
  const state = pullRequest.state === 'open' && draft ? 'draft' : pullRequest.state
  if (state === 'open') return deriveFromVerdicts(pipeline, pullRequest)
  const reason = { kind: 'pull-request', number, state } as const
  return { status: STATUS_OF_STATE[state], reason, since: stateSince(pullRequest), evidence }
}

const STATUS_OF_STATE = { merged: 'done', closed: 'cancelled', draft: 'idle' } as const

function deriveFromVerdicts(pipeline: Pipeline, pullRequest: PullRequestFact): DerivedStage {
  const verdicts = newestVerdicts(pullRequest, pipeline.line)
  const requests = verdicts.filter(({ state }) => state === 'changes_requested')
  const current = requests.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (current !== undefined) return deriveFromChangeRequest(pipeline, current)
  const reviewer = requests.at(-1)?.reviewer ?? null
  const approval = reviewer === null ? verdicts.at(-1) : undefined
  if (approval === undefined) {
    const { evidence } = pullRequest
    return {
      status: 'review',
      reason: { kind: 'waits-for-review', reviewer },
      since: stateSince(pullRequest),
      evidence,
    }
  }
  const reason = { kind: 'review-approved', reviewer: approval.reviewer } as const
  return { status: 'done', reason, since: approval.submittedAt, evidence: approval.evidence }
}

/** Where Andon starts stages, the pipeline goes back to rework as often as the line allows; then it needs a person. */
function deriveFromChangeRequest(
  pipeline: Pipeline,
  { commitSha, reviewer, submittedAt: since, evidence }: ReviewFact,
): DerivedStage {
  const { allowed, refused } = reworkRoundsOf(pipeline)
  const { rework } = pipeline.line
  const isSameHead = (other: ReviewFact) => other.commitSha === commitSha
  if (refused.some(isSameHead))
    return { status: 'failed', reason: { kind: 'rework-used-up', reviewer, rework }, since, evidence }
  const round = allowed.toSorted(byTimeAndHead).findIndex(isSameHead) + 1 || null
  return { status: 'idle', reason: { kind: 'changes-requested', reviewer, round, rework }, since, evidence }
}

/** Until anything has come of the start, the first stage is shown as waiting. */
function deriveFirstStage({ pipeline, rule }: StageContext): DerivedStage | null {
  const { start, line, stages } = pipeline
  const isUntouched = currentPullRequests(pipeline).length === 0 && stages.every((stage) => stage.attempts.length === 0)
  if (line.stages[0]?.name !== rule.name || !isUntouched) return null
  const unauthorized = deriveUnauthorizedStart(pipeline)
  if (unauthorized !== null || isDispatched(rule)) return unauthorized
  const { at: since, evidence } = start
  return { status: 'queued', reason: reasonForStart(pipeline, rule), since, evidence }
}

function reasonForStart({ isConfigured, isFileMistaken }: Pipeline, { workflow }: StageConfig): Reason {
  if (isConfigured !== false) return { kind: 'waits-for-start', workflow }
  return { kind: isFileMistaken ? 'file-mistaken' : 'asks-issue' }
}

/**
 * A closed issue calls off what has not started; reopening it lifts that. A merged or closed pull request calls off what was
 * triggered before it; a later command triggers it again.
 */
function deriveCalledOff({ pipeline, rule, trigger }: StageContext): DerivedStage | null {
  const { removed, issue } = pipeline
  if (removed !== null || issue.state === 'closed') {
    const since = removed?.at ?? issue.closedAt ?? issue.updatedAt
    const isAsked = removed === null && issue.isContested
    const reason = isAsked
      ? ({ kind: 'asks-issue-state' } as const)
      : ({ kind: 'called-off-with-issue', state: removed?.why ?? 'closed' } as const)
    return { status: 'cancelled', reason, since, evidence: issue.evidence }
  }
  const pullRequest = isDispatched(rule) ? currentPullRequest(pipeline) : null
  if (pullRequest === null || pullRequest.state === 'open') return null
  const since = stateSince(pullRequest)
  if (trigger !== null && trigger.at > since) return null
  const { number, state, evidence } = pullRequest
  return { status: 'cancelled', reason: { kind: 'called-off-with-pull-request', number, state }, since, evidence }
}

/** An attempt that was not dispatched yet is called off like a stage that has not started. */
function isInFlight({ stage, rule }: StageContext): boolean {
  if (isDispatched(rule)) return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isUndispatched(attempt))
  return stage.attempts.some(({ run }) => run !== null && run.status !== 'completed')
}

/** The attempts that still belong to the stage, in order. */
function linkedAttemptsOf(pipeline: Pipeline, stage: Stage): readonly Attempt[] {
  const own = admittedAttempts(stage).toSorted((a, b) => a.number - b.number)
  // GitHub hands run ids out in order, but deliveries come in any.
  const others = stage.attempts
    .filter(({ control, run }) => control === undefined && run !== null && belongsToPipeline(pipeline, run))
    .sort((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
  const rule = pipeline.line.stages.find(({ name }) => name === stage.name)
  if (own.length === 0 && (rule === undefined || !isDispatched(rule))) {
    return others.map((attempt, index) => {
      const key = attempt.run && keyOfRun(attempt.run)?.key
      return { ...attempt, number: index + 1, key: key ?? null }
    })
  }
  // Andon's own by their numbers; the runs of others, without a number, where they started among them.
  const indexOf = (attempt: Attempt) =>
    own.findLastIndex(({ control }) => control.admittedAt <= attemptStartedAt(attempt))
  const startedAfter = (index: number) =>
    others.filter((attempt) => indexOf(attempt) === index).map((attempt) => ({ ...attempt, number: 0, key: null }))
  return [...startedAfter(-1), ...own.flatMap((attempt, index) => [attempt, ...startedAfter(index)])]
}

function byTimeAndHead(a: ReviewFact, b: ReviewFact): number {
  return greatest(a, b, ({ submittedAt, commitSha }) => [submittedAt, commitSha]) === a ? 1 : -1
}
