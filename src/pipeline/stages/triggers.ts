// Why a stage runs, and whether it has. A trigger is a reason to run a stage again: the start, a round of rework, a command.
// Attempts are counted by trigger, never by time: our clock and GitHub's are two.
import type { StageName } from '../../line/line.ts'
import { currentPullRequests } from '../facts/current-pull-request.ts'
import { greatest } from '../facts/total-order.ts'
import { isAdmitted } from '../model/attempt.ts'
import { reworkStage } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage, StageCommand, Trigger } from '../model/pipeline.ts'
import { admittedAttempts, currentAttempt } from './attempts.ts'
import { startAuthorization } from './pipeline-start.ts'
import { ROUND_PREFIX, reworkRoundsOf } from './reviews.ts'

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
export function commandForTrigger(
  stage: Stage,
  trigger: Trigger | null,
  verb: StageCommand['verb'],
): StageCommand | null {
  const id = trigger?.id ?? NO_TRIGGER
  return stage.commands?.findLast((command) => command.verb === verb && command.triggerId === id) ?? null
}

/** What a command refers to at a stage without a trigger. */
export const NO_TRIGGER = 'none'
const START_ID = 'start'

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
  const started = attempts.map(({ control }) => control.trigger).filter(({ id }) => id.startsWith(ROUND_PREFIX))
  const allowed = reworkRoundsOf(pipeline).allowed.map(({ commitSha, submittedAt: at, evidence }) => {
    return { id: `${ROUND_PREFIX}${commitSha}`, at, from, evidence }
  })
  return [...started, ...allowed].sort((a, b) => (greatest(a, b, ({ at, id }) => [at, id]) === a ? 1 : -1))
}

function commandTriggers({ name, commands = [] }: Stage): readonly Trigger[] {
  return commands
    .filter(({ verb }) => verb === 'retry' || verb === 'run')
    .map(({ triggerId, at, evidence }) => ({ id: triggerId, at, from: name, evidence }))
}

/** Nothing has come of the start yet, neither from Andon nor from anything else. */
function hasNoExternalWork(pipeline: Pipeline): boolean {
  const { stages } = pipeline
  return currentPullRequests(pipeline).length === 0 && stages.every(({ attempts }) => attempts.every(isAdmitted))
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
