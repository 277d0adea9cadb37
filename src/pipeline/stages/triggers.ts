// Why a stage is carried out, and whether that has been done. A call is a reason to carry a stage out anew: the start, a
// round of rework, a person's order. Attempts are counted by call, never by time: our clock and GitHub's are two.
import type { StageName } from '../../line/line.ts'
import { pullRequestsNow } from '../facts/current-pull-request.ts'
import { best } from '../facts/total-order.ts'
import { isOwn } from '../model/attempt.ts'
import { reworkStage } from '../model/line-rules.ts'
import type { Attempt, Call, Order, Pipeline, Stage } from '../model/pipeline.ts'
import { currentAttempt, ownAttempts } from './attempt-outcome.ts'
import { leaveToStart } from './start-requests.ts'
import { type Objection, objectionsOf } from './verdicts.ts'

/**
 * What the stage is to be carried out for now: the newest call for it; null while nothing asks for it. The start comes before
 * all that was called for since, however often it is asked for.
 */
export function callOf(pipeline: Pipeline, stage: Stage): Call | null {
  const calls = [
    ...startOf(pipeline),
    ...callsOfRounds(pipeline, stage.name),
    // A call that was once heeded stays one, whatever became of its reason.
    ...ownAttempts(stage).map(({ ours }) => ours.call),
    ...callsOfOrders(stage),
  ]
  const moment = ({ id, at }: Call) => (id === START ? '' : at)
  return calls.reduce<Call | null>((one, other) => (one === null || moment(other) >= moment(one) ? other : one), null)
}

/** Rounds of rework: by which heads' objections the line was sent back, and whether more are allowed. */
export function roundsOf(pipeline: Pipeline): {
  readonly allowed: readonly Objection[]
  readonly refused: readonly Objection[]
} {
  const name = reworkStage(pipeline.line)
  const stage = pipeline.stages.find((known) => known.name === name)
  if (stage === undefined || leaveToStart(pipeline).is !== 'granted') return { allowed: [], refused: [] }
  const heeded = new Set(ownAttempts(stage).map(({ ours }) => ours.call.id))
  const objections = objectionsOf(pipeline).toSorted((a, b) => Number(isHeeded(b)) - Number(isHeeded(a)))
  // Rounds whose objection was withdrawn count as well: they were run.
  const gone = [...heeded].filter((id) => id.startsWith(ROUND) && objections.every(({ sha }) => id !== idOf(sha)))
  const most = Math.max(0, pipeline.line.rework - gone.length)
  return { allowed: objections.slice(0, most), refused: objections.slice(most) }

  function isHeeded({ sha }: Objection): boolean {
    return heeded.has(idOf(sha))
  }
}

/** Is the stage to be carried out now for this call, if it has not been? */
export function isWanted(pipeline: Pipeline, stage: Stage, call: Call, before: readonly Stage[]): boolean {
  if (call.from !== stage.name) return isPassed(before)
  return call.id !== START || isUntouched(pipeline)
}

/** Was the attempt made for the call? Of runs that somebody else started, those that began after it. */
export function isFor(attempt: Attempt, call: Call | null): boolean {
  if (isOwn(attempt)) return attempt.ours.call.id === call?.id
  return call === null || call.id === START || (attempt.run !== null && attempt.run.startedAt >= call.at)
}

/** The order of that kind that was given about the stage as it is carried out now. */
export function orderAbout(stage: Stage, call: Call | null, verb: Order['verb']): Order | null {
  const id = call?.id ?? NONE
  return stage.orders?.findLast((order) => order.verb === verb && order.call === id) ?? null
}

/** What an order about a stage that nothing asks for is about. */
export const NONE = 'none'
const START = 'start'
const ROUND = 'round/'

function startOf(pipeline: Pipeline): readonly Call[] {
  const leave = leaveToStart(pipeline)
  const first = pipeline.line.stages[0]
  if (leave.is !== 'granted' || first === undefined) return []
  // One that was heeded stands as it was, whoever asks for it again.
  const heeded = pipeline.stages.flatMap(ownAttempts).find(({ ours }) => ours.call.id === START)
  const { at, evidence } = leave.starter
  return [heeded?.ours.call ?? { id: START, at, from: first.name, evidence }]
}

/** For rework and everything after it: each round that was begun, whatever became of its reason, and each that may begin. */
function callsOfRounds(pipeline: Pipeline, name: StageName): readonly Call[] {
  const from = reworkStage(pipeline.line)
  const names = pipeline.line.stages.map((rule) => rule.name)
  if (from === null || names.indexOf(name) < names.indexOf(from)) return []
  const begun = pipeline.stages.filter((stage) => stage.name === from).flatMap(ownAttempts)
  return [
    ...begun.map(({ ours }) => ours.call).filter(({ id }) => id.startsWith(ROUND)),
    ...roundsOf(pipeline).allowed.map(({ sha, submittedAt: at, evidence }) => ({ id: idOf(sha), at, from, evidence })),
  ].toSorted((a, b) => (best(a, b, ({ at, id }) => [at, id]) === a ? 1 : -1))
}

function callsOfOrders({ name, orders = [] }: Stage): readonly Call[] {
  return orders
    .filter(({ verb }) => verb === 'retry' || verb === 'run')
    .map(({ call, at, evidence }) => ({ id: call, at, from: name, evidence }))
}

function idOf(sha: string): string {
  return `${ROUND}${sha}`
}

/** Nothing has come of the start yet, by us or by anybody else. */
function isUntouched(pipeline: Pipeline): boolean {
  const { stages } = pipeline
  return pullRequestsNow(pipeline).length === 0 && stages.every(({ attempts }) => attempts.every(isOwn))
}

/** Is the stage before over, for the same reason as what stands before it? */
function isPassed(before: readonly Stage[]): boolean {
  const previous = before.at(-1)
  if (previous === undefined || (previous.status !== 'done' && previous.status !== 'skipped')) return false
  const ran = currentAttempt(previous)
  if (previous.status === 'skipped' || ran === null || isOwn(ran)) return true
  // What somebody else ran before the stage before it was carried out anew says nothing about that.
  const earlier = before.length < 2 ? null : currentAttempt({ attempts: before.at(-2)?.attempts ?? [] })
  return earlier?.run == null || ran.run === null || ran.run.id > earlier.run.id
}
