// The stages are settled anew from the merged facts after each event. No transition is ever taken, so none can be
// taken twice, missed or taken in the wrong order: the same facts always stand the same.
import type { StageRule } from '../../line/line.ts'
import { belongs, issuesOfPullRequest, keyOf } from '../facts/correlate.ts'
import { pullRequestOf, pullRequestsNow, stoodSince } from '../facts/current-pull-request.ts'
import { ownHold } from '../holds/holds.ts'
import type { OwnAttempt } from '../model/attempt.ts'
import { dispatches } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { begunAt, isLiveAttempt, isUnsent, ownAttempts } from './attempt-outcome.ts'
import { atGate, type OwnStanding, standingByOrder, standingOfLeave, standingOfOwn } from './derive-dispatched.ts'
import { standingOfRun } from './derive-from-run.ts'
import { standingOfReview } from './derive-review.ts'
import type { Standing } from './derived-stage.ts'
import { callOf } from './triggers.ts'

/** The pipeline as its facts say it stands. */
export function settle(pipeline: Pipeline): Pipeline {
  const pullRequests = pipeline.pullRequests.filter((fact) => issuesOfPullRequest(fact).includes(pipeline.issue.number))
  const linked = { ...pipeline, pullRequests }
  const stages = pipeline.stages.map((stage) => ({ ...stage, attempts: attemptsOf(linked, stage) }))
  return withStandings({ ...linked, stages })
}

/** What a stage that has not begun waits for. */
export function awaitedBy({ workflow }: StageRule): string {
  return workflow === null ? 'a pull request' : `${workflow} to start a run`
}

function withStandings(pipeline: Pipeline): Pipeline {
  const stages: Stage[] = []
  for (const [index, stage] of pipeline.stages.entries()) {
    const rule = pipeline.line.stages[index]
    const standing = rule === undefined ? UNTOUCHED : standingOf(pipeline, stage, rule, stages)
    const { name, attempts, orders } = stage
    stages.push({ name, ...standing, attempts, ...(orders && { orders }) })
  }
  const { denied, ...rest } = { ...pipeline, stages }
  const isWaiting = stages.some(({ name, queuedAt }) => queuedAt != null && ownHold(pipeline, name) === null)
  return isWaiting && denied ? { ...rest, denied } : rest
}

function standingOf(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageRule,
  before: readonly Stage[],
): Standing | OwnStanding {
  const standing =
    (dispatches(rule) ? standingOfOwn(pipeline, stage, rule, before) : standingOfWatched(pipeline, stage, rule)) ??
    standingOfStart(pipeline, rule) ??
    UNTOUCHED
  if (standing.status !== 'queued' || isLiveHere(stage, rule)) return standing
  const off = calledOff(pipeline) ?? calledOffByPullRequest(pipeline, stage, rule)
  return off ?? standing
}

/** How a stage stands that somebody else carries out. */
function standingOfWatched(pipeline: Pipeline, stage: Stage, rule: StageRule): Standing | null {
  const standing = rule.workflow === null ? standingOfReview(pipeline) : standingOfRun(stage)
  if (stage.orders === undefined && rule.gate === null) return standing
  const call = callOf(pipeline, stage)
  const isLive = stage.attempts.some(isLiveAttempt)
  const ordered = isLive || standing?.status === 'done' ? null : standingByOrder(stage, call)
  return ordered ?? (standing && rule.workflow !== null ? atGate(stage, rule, call, standing) : standing)
}

/** What a person started waits at the first stage until anything has come of it. */
function standingOfStart(pipeline: Pipeline, rule: StageRule): Standing | null {
  const { begun, line, stages } = pipeline
  const untouched = pullRequestsNow(pipeline).length === 0 && stages.every((stage) => stage.attempts.length === 0)
  if (line.stages[0]?.name !== rule.name || !untouched) return null
  const leave = standingOfLeave(pipeline)
  if (leave !== null || dispatches(rule)) return leave
  const awaited = awaitedBy(rule)
  return {
    status: 'queued',
    reason: `waits for ${awaited}`,
    waiting: { for: awaited, until: null },
    since: begun.at,
    evidence: begun.evidence,
  }
}

/** A closed issue calls off what has not started; reopening lifts that, because it is settled anew. */
function calledOff({ gone, issue }: Pipeline): Standing | null {
  const { evidence } = issue
  const off = { status: 'cancelled', waiting: null, evidence } as const
  if (gone !== null) return { ...off, reason: `called off: the issue was ${gone.why}`, since: gone.at }
  if (issue.state === 'open') return null
  return { ...off, reason: 'called off: the issue is closed', since: issue.closedAt ?? issue.updatedAt }
}

/** A pull request that was merged or closed ends what was wanted before; what is ordered afterwards is wanted again. */
function calledOffByPullRequest(pipeline: Pipeline, stage: Stage, rule: StageRule): Standing | null {
  const pullRequest = dispatches(rule) ? pullRequestOf(pipeline) : null
  if (pullRequest === null || pullRequest.state === 'open') return null
  const since = stoodSince(pullRequest)
  const call = callOf(pipeline, stage)
  if (call !== null && call.at > since) return null
  const how = pullRequest.state === 'merged' ? 'is merged' : 'was closed without merging'
  const reason = `called off: pull request #${pullRequest.number} ${how}`
  return { status: 'cancelled', reason, waiting: null, since, evidence: pullRequest.evidence }
}

function isLiveHere(stage: Stage, rule: StageRule): boolean {
  // What is not sent yet is called off like what has not begun.
  if (dispatches(rule)) return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isUnsent(attempt))
  return stage.attempts.some(({ run }) => run?.status === 'queued' || run?.status === 'in_progress')
}

/** What still belongs here. */
function attemptsOf(pipeline: Pipeline, stage: Stage): readonly Attempt[] {
  const own = ownAttempts(stage).toSorted((a, b) => a.number - b.number)
  const others = stage.attempts.filter(({ ours, run }) => ours === undefined && run !== null && belongs(pipeline, run))
  if (own.length > 0 || startsItself(pipeline, stage)) {
    const beside = others.map(({ run }) => ({ number: 0, key: null, run }))
    return inOrder(own, beside)
  }
  // Numbered by run id: GitHub hands ids out in order, deliveries come in any.
  return others
    .sort((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
    .map(({ run }, index) => ({ number: index + 1, key: run === null ? null : (keyOf(run.title)?.key ?? null), run }))
}

function startsItself({ line }: Pipeline, { name }: Stage): boolean {
  return line.stages.some((rule) => rule.name === name && dispatches(rule))
}

/** Our own by their numbers, and what somebody else started where it began among them. */
function inOrder(own: readonly OwnAttempt[], beside: readonly Attempt[]): readonly Attempt[] {
  const place = (attempt: Attempt) => own.findLastIndex(({ ours }) => ours.admittedAt <= begunAt(attempt))
  const sorted = beside.toSorted((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
  const between = (index: number) => sorted.filter((attempt) => place(attempt) === index)
  return [...between(-1), ...own.flatMap((attempt, index) => [attempt, ...between(index)])]
}

const UNTOUCHED: Standing = { status: 'idle', reason: '', waiting: null, since: null, evidence: null }
