// Why a stage runs, and whether it has. A trigger is a reason to run a stage again: the start, a round of rework, a command.
// Attempts are counted by trigger, never by time: our clock and GitHub's are two. A review counts if GitHub has said that its
// author may write, or if the repository's file names the bot.
import type { Line, StageName } from '../../line/line.ts'
import { isAllowedBot, reworkStage } from '../../line/stage-rules.ts'
import { currentPullRequests } from '../facts/correlate.ts'
import { greatest } from '../facts/total-order.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import type { Attempt, Pipeline, Stage, StageCommand, Trigger } from '../model/pipeline.ts'
import { admittedAttempts, currentAttempt } from './attempts.ts'
import { startAuthorization } from './pipeline-start.ts'

/** The newest trigger of the stage; null while it has none. The start precedes all others, however often it is asked for. */
export function triggerOf(pipeline: Pipeline, stage: Stage): Trigger | null {
  const triggers = [
    ...startTriggers(pipeline),
    ...reworkTriggers(pipeline, stage.name),
    // A trigger that started an attempt remains one, whatever became of its reason.
    ...admittedAttempts(stage).map(({ control }) => control.trigger),
    ...commandTriggers(stage),
  ]
  const timeOf = ({ id, at }: Trigger) => (id === START_ID ? '' : at)
  return triggers.reduce<Trigger | null>(
    (newest, other) => (newest === null || timeOf(other) >= timeOf(newest) ? other : newest),
    null,
  )
}

/** The reviews that sent the pipeline back to rework, and those for which no round is left. */
export function reworkRoundsOf(pipeline: Pipeline): Readonly<Record<'allowed' | 'refused', readonly ReviewFact[]>> {
  const name = reworkStage(pipeline.line)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (stage === undefined || startAuthorization(pipeline).state !== 'granted') return { allowed: [], refused: [] }
  const started = startedRounds(stage)
  const isStarted = (review: ReviewFact) => started.includes(roundOf(review))
  const requests = changeRequestsOf(pipeline).toSorted((a, b) => Number(isStarted(b)) - Number(isStarted(a)))
  // Rounds whose request was withdrawn count as well: they ran.
  const withdrawn = started.length - requests.filter(isStarted).length
  const limit = Math.max(0, pipeline.line.rework - withdrawn)
  return { allowed: requests.slice(0, limit), refused: requests.slice(limit) }
}

/** The triggers of the rounds for which the stage has made attempts, the first round first. */
export function startedRounds(stage: Stage): readonly string[] {
  return [...new Set(admittedAttempts(stage).map(({ control }) => control.trigger.id))].filter(isRound)
}

/** The trigger of the round that a review asks for. */
export function roundOf({ commitSha }: ReviewFact): string {
  return `${ROUND_PREFIX}${commitSha}`
}

export function isRound(triggerId: string): boolean {
  return triggerId.startsWith(ROUND_PREFIX)
}

/** The commands by which a person wanted the stage to run again. */
export function rerunCommands({ commands = [] }: Stage): readonly StageCommand[] {
  return commands.filter(({ verb }) => verb === 'retry' || verb === 'run')
}

/** Each reviewer's newest verdict, oldest first. As on GitHub, a dismissed one takes back those before it. */
export function newestVerdicts(pullRequest: PullRequestFact, line: Line): readonly ReviewFact[] {
  const dismissed = pullRequest.reviews.filter(({ state }) => state === 'dismissed')
  const reviews = [...authorizedReviews(pullRequest, line), ...dismissed].sort(byTime)
  const newest = new Map(reviews.map((review) => [review.reviewer, review]))
  return [...newest.values()].filter(({ state }) => state !== 'dismissed').sort(byTime)
}

/** Verdicts that wait for GitHub to say whether their author may write; no bot's does. */
export function unverifiedReviews({ reviews, writePermissions }: PullRequestFact): readonly ReviewFact[] {
  return reviews.filter(
    (review) => !review.bot && isVerdict(review) && (writePermissions[review.reviewer]?.at ?? '') < review.submittedAt,
  )
}

/** Should the stage run now for this trigger, if it has not yet? */
export function isDue(pipeline: Pipeline, stage: Stage, trigger: Trigger, before: readonly Stage[]): boolean {
  if (trigger.from !== stage.name) return isPreviousStageFinished(before)
  return trigger.id !== START_ID || hasNoExternalWork(pipeline)
}

/** Was the attempt made for the trigger? A run that Andon did not start was if it started after the trigger. */
export function isForTrigger(attempt: Attempt, trigger: Trigger | null): boolean {
  if (isAdmitted(attempt)) return attempt.control.trigger.id === trigger?.id
  return trigger === null || trigger.id === START_ID || (attempt.run !== null && attempt.run.startedAt >= trigger.at)
}

/** The newest command of that verb about the stage's trigger. */
export function commandFor(stage: Stage, trigger: Trigger | null, verb: StageCommand['verb']): StageCommand | null {
  const id = trigger?.id ?? NO_TRIGGER
  return stage.commands?.findLast((command) => command.verb === verb && command.triggerId === id) ?? null
}

/** What a command refers to at a stage without a trigger. */
export const NO_TRIGGER = 'none'
const START_ID = 'start'
const ROUND_PREFIX = 'round/'

function startTriggers(pipeline: Pipeline): readonly Trigger[] {
  const authorization = startAuthorization(pipeline)
  const [first] = pipeline.line.stages
  if (authorization.state !== 'granted' || first === undefined) return []
  // Once it started an attempt it stays as it was, no matter who asks again.
  const started = pipeline.stages.flatMap(admittedAttempts).find(({ control }) => control.trigger.id === START_ID)
  const { at, evidence } = authorization.request
  return [started?.control.trigger ?? { id: START_ID, at, from: first.name, evidence }]
}

/** For the stage of rework and those after it: each round that started, whatever became of its reason, or that may start. */
function reworkTriggers(pipeline: Pipeline, name: StageName): readonly Trigger[] {
  const from = reworkStage(pipeline.line)
  const names = pipeline.line.stages.map((rule) => rule.name)
  if (from === null || names.indexOf(name) < names.indexOf(from)) return []
  const attempts = pipeline.stages.filter((stage) => stage.name === from).flatMap(admittedAttempts)
  const started = attempts.map(({ control }) => control.trigger).filter(({ id }) => isRound(id))
  const allowed = reworkRoundsOf(pipeline).allowed.map((review) => {
    return { id: roundOf(review), at: review.submittedAt, from, evidence: review.evidence }
  })
  return [...started, ...allowed].sort((a, b) => (greatest(a, b, ({ at, id }) => [at, id]) === a ? 1 : -1))
}

function commandTriggers(stage: Stage): readonly Trigger[] {
  return rerunCommands(stage).map(({ triggerId, at, evidence }) => ({ id: triggerId, at, from: stage.name, evidence }))
}

/** Nothing has come of the start yet, neither from Andon nor from anything else. */
function hasNoExternalWork(pipeline: Pipeline): boolean {
  const isOurs = pipeline.stages.every(({ attempts }) => attempts.every(isAdmitted))
  return isOurs && currentPullRequests(pipeline).length === 0
}

/** Has the previous stage finished for this trigger? */
function isPreviousStageFinished(before: readonly Stage[]): boolean {
  const previous = before.at(-1)
  if (previous === undefined || (previous.status !== 'done' && previous.status !== 'skipped')) return false
  const ran = currentAttempt(previous)
  if (previous.status === 'skipped' || ran === null || isAdmitted(ran)) return true
  // A run that Andon did not start counts only if it is newer than the run of the stage before it.
  const stageBefore = before.at(-2)
  const earlier = stageBefore && currentAttempt(stageBefore)
  return earlier?.run == null || ran.run === null || ran.run.id > earlier.run.id
}

/** The first request for changes at each head, oldest first: one head is reworked once, however many ask for it. */
function changeRequestsOf(pipeline: Pipeline): readonly ReviewFact[] {
  const requests = currentPullRequests(pipeline)
    .flatMap((pullRequest) => authorizedReviews(pullRequest, pipeline.line))
    .filter(({ state }) => state === 'changes_requested')
    .toSorted(byTime)
  const heads = requests.map(({ commitSha }) => commitSha)
  return requests.filter(({ commitSha }, index) => heads.indexOf(commitSha) === index)
}

/** A permission that GitHub confirmed before the verdict does not count: the reviewer may have lost it since. */
function authorizedReviews(pullRequest: PullRequestFact, line: Line): readonly ReviewFact[] {
  const { reviews, writePermissions, author } = pullRequest
  return reviews.filter((review) => {
    if (!isVerdict(review) || review.reviewer === author) return false
    if (review.bot) return isAllowedBot(line, review.reviewer)
    const permission = writePermissions[review.reviewer]
    return permission?.granted === true && permission.at >= review.submittedAt
  })
}

function isVerdict({ state }: ReviewFact): boolean {
  return state === 'approved' || state === 'changes_requested'
}

function byTime(a: ReviewFact, b: ReviewFact): number {
  return greatest(a, b, ({ submittedAt, id }) => [submittedAt, id]) === a ? 1 : -1
}
