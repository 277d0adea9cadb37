// After each event the statuses of the stages are derived again from the merged facts. No transition is ever taken, so none
// can be taken twice, missed or taken in the wrong order: the same facts always give the same statuses.
import { belongsToPipeline, issuesOfPullRequest, parseAttemptKey } from '../facts/correlate.ts'
import { currentPullRequest, currentPullRequests, stateSince } from '../facts/current-pull-request.ts'
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import type { AdmittedAttempt } from '../model/attempt.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { admittedAttempts, attemptStartedAt, isLiveAttempt, isUndispatched } from './attempt-outcome.ts'
import {
  type DerivedDispatchedStage,
  deriveDispatched,
  deriveFromCommand,
  deriveGate,
  deriveUnauthorizedStart,
} from './derive-dispatched.ts'
import { deriveObservedWorkflow } from './derive-from-attempt.ts'
import { deriveReview } from './derive-review.ts'
import { type DerivedStage, type StageContext, UNTOUCHED } from './derived-stage.ts'
import { triggerOf } from './triggers.ts'

/** The pipeline as its facts say it stands. */
export function deriveStages(pipeline: Pipeline): Pipeline {
  const pullRequests = pipeline.pullRequests.filter((fact) => issuesOfPullRequest(fact).includes(pipeline.issue.number))
  const linked = { ...pipeline, pullRequests }
  const stages = pipeline.stages.map((stage) => ({ ...stage, attempts: linkedAttemptsOf(linked, stage) }))
  return withDerivedStages({ ...linked, stages })
}

function withDerivedStages(pipeline: Pipeline): Pipeline {
  const stages: Stage[] = []
  for (const [index, stage] of pipeline.stages.entries()) {
    const rule = pipeline.line.stages[index]
    const here = rule && { pipeline, stage, rule, trigger: triggerOf(pipeline, stage), before: stages }
    const derived = here === undefined ? UNTOUCHED : deriveStage(here)
    const { name, attempts, commands } = stage
    stages.push({ name, ...derived, attempts, ...(commands && { commands }) })
  }
  const { denial, ...rest } = { ...pipeline, stages }
  const isWaiting = stages.some(
    ({ name, queuedAt }) => queuedAt != null && pipelineHoldAffectingStage(pipeline, name) === null,
  )
  return isWaiting && denial ? { ...rest, denial } : rest
}

function deriveStage(here: StageContext): DerivedStage | DerivedDispatchedStage {
  const known = isDispatched(here.rule) ? deriveDispatched(here) : deriveObserved(here)
  const derived = known ?? deriveFirstStage(here) ?? UNTOUCHED
  if (derived.status !== 'queued' || isInFlight(here)) return derived
  return deriveCalledOff(here.pipeline) ?? deriveCalledOffByPullRequest(here) ?? derived
}

/** How a stage stands that somebody else carries out. */
function deriveObserved(here: StageContext): DerivedStage | null {
  const { pipeline, stage, rule } = here
  const derived = rule.workflow === null ? deriveReview(pipeline) : deriveObservedWorkflow(stage)
  const isLive = stage.attempts.some(isLiveAttempt)
  const commanded = isLive || derived?.status === 'done' ? null : deriveFromCommand(here)
  return commanded ?? (derived && rule.workflow !== null ? deriveGate(here, derived) : derived)
}

/** What a person started waits at the first stage until anything has come of it. */
function deriveFirstStage({ pipeline, rule }: StageContext): DerivedStage | null {
  const { start, line, stages } = pipeline
  const untouched = currentPullRequests(pipeline).length === 0 && stages.every((stage) => stage.attempts.length === 0)
  if (line.stages[0]?.name !== rule.name || !untouched) return null
  const leave = deriveUnauthorizedStart(pipeline)
  if (leave !== null || isDispatched(rule)) return leave
  const { at: since, evidence } = start
  return { status: 'queued', reason: { kind: 'waits-for-start', workflow: rule.workflow }, since, evidence }
}

/** A closed issue calls off what has not started; reopening lifts that, because it is settled anew. */
function deriveCalledOff({ removed, issue }: Pipeline): DerivedStage | null {
  const { evidence } = issue
  if (removed === null && issue.state === 'open') return null
  const since = removed?.at ?? issue.closedAt ?? issue.updatedAt
  const reason = { kind: 'called-off-with-issue', state: removed?.why ?? 'closed' } as const
  return { status: 'cancelled', reason, since, evidence }
}

/** A pull request that was merged or closed ends what was wanted before; what is ordered afterwards is wanted again. */
function deriveCalledOffByPullRequest({ pipeline, rule, trigger }: StageContext): DerivedStage | null {
  const pullRequest = isDispatched(rule) ? currentPullRequest(pipeline) : null
  if (pullRequest === null || pullRequest.state === 'open') return null
  const since = stateSince(pullRequest)
  if (trigger !== null && trigger.at > since) return null
  const { number, state, evidence } = pullRequest
  return { status: 'cancelled', reason: { kind: 'called-off-with-pull-request', number, state }, since, evidence }
}

function isInFlight({ stage, rule }: StageContext): boolean {
  // What is not sent yet is called off like what has not begun.
  if (isDispatched(rule)) return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isUndispatched(attempt))
  return stage.attempts.some(({ run }) => run?.status === 'queued' || run?.status === 'in_progress')
}

/** What still belongs here. */
function linkedAttemptsOf(pipeline: Pipeline, stage: Stage): readonly Attempt[] {
  const own = admittedAttempts(stage).toSorted((a, b) => a.number - b.number)
  const others = stage.attempts.filter(
    ({ control, run }) => control === undefined && run !== null && belongsToPipeline(pipeline, run),
  )
  if (own.length > 0 || isDispatchedStage(pipeline, stage)) {
    const beside = others.map((attempt) => ({ ...attempt, number: 0, key: null }))
    return interleaveByTime(own, beside)
  }
  // Numbered by run id: GitHub hands ids out in order, deliveries come in any.
  return others
    .sort((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
    .map((attempt, index) => ({
      ...attempt,
      number: index + 1,
      key: attempt.run === null ? null : (parseAttemptKey(attempt.run.title)?.key ?? null),
    }))
}

function isDispatchedStage({ line }: Pipeline, { name }: Stage): boolean {
  return line.stages.some((rule) => rule.name === name && isDispatched(rule))
}

/** Our own by their numbers, and what somebody else started where it began among them. */
function interleaveByTime(own: readonly AdmittedAttempt[], beside: readonly Attempt[]): readonly Attempt[] {
  const place = (attempt: Attempt) =>
    own.findLastIndex(({ control }) => control.admittedAt <= attemptStartedAt(attempt))
  const sorted = beside.toSorted((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
  const between = (index: number) => sorted.filter((attempt) => place(attempt) === index)
  return [...between(-1), ...own.flatMap((attempt, index) => [attempt, ...between(index)])]
}
