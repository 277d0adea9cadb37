// Why a stage is carried out, and whether that has been done. A trigger is a reason to carry a stage out anew: the start, a
// round of rework, a person's order. Attempts are counted by trigger, never by time: our clock and GitHub's are two.
import type { StageName } from '../../line/line.ts'
import { currentPullRequests } from '../facts/current-pull-request.ts'
import { greatest } from '../facts/total-order.ts'
import { isAdmitted } from '../model/attempt.ts'
import { reworkStage } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage, StageCommand, Trigger } from '../model/pipeline.ts'
import { admittedAttempts, currentAttempt } from './attempt-outcome.ts'
import { startAuthorization } from './start-requests.ts'
import { type ChangeRequest, changeRequestsOf } from './verdicts.ts'

/**
 * What the stage is to be carried out for now: the newest trigger for it; null while nothing asks for it. The start comes before
 * all that was called for since, however often it is asked for.
 */
export function triggerOf(pipeline: Pipeline, stage: Stage): Trigger | null {
  const triggers = [
    ...startTriggers(pipeline),
    ...reworkTriggers(pipeline, stage.name),
    // A trigger that was once heeded stays one, whatever became of its reason.
    ...admittedAttempts(stage).map(({ control }) => control.trigger),
    ...commandTriggers(stage),
  ]
  const moment = ({ id, at }: Trigger) => (id === START_ID ? '' : at)
  return triggers.reduce<Trigger | null>(
    (one, other) => (one === null || moment(other) >= moment(one) ? other : one),
    null,
  )
}

/** Rounds of rework: by which heads' objections the line was sent back, and whether more are allowed. */
export function reworkRoundsOf(pipeline: Pipeline): {
  readonly allowed: readonly ChangeRequest[]
  readonly refused: readonly ChangeRequest[]
} {
  const name = reworkStage(pipeline.line)
  const stage = pipeline.stages.find((known) => known.name === name)
  if (stage === undefined || startAuthorization(pipeline).state !== 'granted') return { allowed: [], refused: [] }
  const heeded = new Set(admittedAttempts(stage).map(({ control }) => control.trigger.id))
  const objections = changeRequestsOf(pipeline).toSorted((a, b) => Number(isHeeded(b)) - Number(isHeeded(a)))
  // Rounds whose objection was withdrawn count as well: they were run.
  const gone = [...heeded].filter(
    (id) => id.startsWith(ROUND_PREFIX) && objections.every(({ sha }) => id !== roundId(sha)),
  )
  const most = Math.max(0, pipeline.line.rework - gone.length)
  return { allowed: objections.slice(0, most), refused: objections.slice(most) }

  function isHeeded({ sha }: ChangeRequest): boolean {
    return heeded.has(roundId(sha))
  }
}

/** Is the stage to be carried out now for this trigger, if it has not been? */
export function isDue(pipeline: Pipeline, stage: Stage, trigger: Trigger, before: readonly Stage[]): boolean {
  if (trigger.from !== stage.name) return isPreviousStageFinished(before)
  return trigger.id !== START_ID || hasNoExternalWork(pipeline)
}

/** Was the attempt made for the trigger? Of runs that somebody else started, those that began after it. */
export function isForTrigger(attempt: Attempt, trigger: Trigger | null): boolean {
  if (isAdmitted(attempt)) return attempt.control.trigger.id === trigger?.id
  return trigger === null || trigger.id === START_ID || (attempt.run !== null && attempt.run.startedAt >= trigger.at)
}

/** The order of that kind that was given about the stage as it is carried out now. */
export function commandForTrigger(
  stage: Stage,
  trigger: Trigger | null,
  verb: StageCommand['verb'],
): StageCommand | null {
  const id = trigger?.id ?? NO_TRIGGER
  return stage.commands?.findLast((order) => order.verb === verb && order.triggerId === id) ?? null
}

/** What an order about a stage that nothing asks for is about. */
export const NO_TRIGGER = 'none'
const START_ID = 'start'
const ROUND_PREFIX = 'round/'

function startTriggers(pipeline: Pipeline): readonly Trigger[] {
  const leave = startAuthorization(pipeline)
  const first = pipeline.line.stages[0]
  if (leave.state !== 'granted' || first === undefined) return []
  // One that was heeded stands as it was, whoever asks for it again.
  const heeded = pipeline.stages.flatMap(admittedAttempts).find(({ control }) => control.trigger.id === START_ID)
  const { at, evidence } = leave.request
  return [heeded?.control.trigger ?? { id: START_ID, at, from: first.name, evidence }]
}

/** For rework and everything after it: each round that was begun, whatever became of its reason, and each that may begin. */
function reworkTriggers(pipeline: Pipeline, name: StageName): readonly Trigger[] {
  const from = reworkStage(pipeline.line)
  const names = pipeline.line.stages.map((rule) => rule.name)
  if (from === null || names.indexOf(name) < names.indexOf(from)) return []
  const begun = pipeline.stages.filter((stage) => stage.name === from).flatMap(admittedAttempts)
  return [
    ...begun.map(({ control }) => control.trigger).filter(({ id }) => id.startsWith(ROUND_PREFIX)),
    ...reworkRoundsOf(pipeline).allowed.map(({ sha, submittedAt: at, evidence }) => ({
      id: roundId(sha),
      at,
      from,
      evidence,
    })),
  ].toSorted((a, b) => (greatest(a, b, ({ at, id }) => [at, id]) === a ? 1 : -1))
}

function commandTriggers({ name, commands = [] }: Stage): readonly Trigger[] {
  return commands
    .filter(({ verb }) => verb === 'retry' || verb === 'run')
    .map(({ triggerId, at, evidence }) => ({ id: triggerId, at, from: name, evidence }))
}

function roundId(sha: string): string {
  return `${ROUND_PREFIX}${sha}`
}

/** Nothing has come of the start yet, by us or by anybody else. */
function hasNoExternalWork(pipeline: Pipeline): boolean {
  const { stages } = pipeline
  return currentPullRequests(pipeline).length === 0 && stages.every(({ attempts }) => attempts.every(isAdmitted))
}

/** Is the stage before over, for the same reason as what stands before it? */
function isPreviousStageFinished(before: readonly Stage[]): boolean {
  const previous = before.at(-1)
  if (previous === undefined || (previous.status !== 'done' && previous.status !== 'skipped')) return false
  const ran = currentAttempt(previous)
  if (previous.status === 'skipped' || ran === null || isAdmitted(ran)) return true
  // What somebody else ran before the stage before it was carried out anew says nothing about that.
  const earlier = before.length < 2 ? null : currentAttempt({ attempts: before.at(-2)?.attempts ?? [] })
  return earlier?.run == null || ran.run === null || ran.run.id > earlier.run.id
}
