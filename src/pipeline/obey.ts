// What people order, once GitHub has said that they may. Every order of a person ends in `obey`, wherever it was given.
import type { Command } from '../commands/commands.ts'
import { currentAttempt, isLiveAttempt, isOwn } from './attempts.ts'
import { callOf, NONE } from './calls.ts'
import { dispatches } from './dispatching.ts'
import { later } from './instants.ts'
import type { Attempt, Evidence, Instant, Order, Pipeline, Stage } from './pipeline.ts'
import { stopped } from './watch.ts'

/** Who ordered, when, and where it was given: `<origin>/<nth>` names one order for ever. */
export type Ordered = {
  readonly id: string
  readonly by: string
  readonly at: Instant
  /** When it is obeyed: GitHub was asked in between. */
  readonly now: Instant
  readonly evidence: Evidence
}

/** The commands that move the line. */
export const ACTING = ['start', 'run', 'retry', 'cancel', 'approve', 'skip'] as const

/** Does what a person ordered; what makes no sense as the line stands leaves it as it is. The stages are settled: see `settle`. */
export function obey(pipeline: Pipeline, command: Command, order: Ordered): Pipeline {
  if (pipeline.gone !== null || wasObeyed(pipeline, order.id)) return pipeline
  switch (command.verb) {
    case 'start':
      return begin(pipeline, order)
    case 'run':
      return anew(pipeline, 'run', named(pipeline, command.stage), order)
    case 'retry':
      return anew(
        pipeline,
        'retry',
        command.stage === null ? whatFailed(pipeline) : named(pipeline, command.stage),
        order,
      )
    case 'cancel':
      return cancel(pipeline, command.stage === null ? whatIsUnderWay(pipeline) : named(pipeline, command.stage), order)
    case 'approve':
      return about(
        pipeline,
        'approve',
        pipeline.stages.filter((stage) => waitsAtGate(pipeline, stage)),
        order,
      )
    case 'skip':
      return stop(
        about(pipeline, 'skip', named(pipeline, command.stage).filter(isUnfinished), order),
        command.stage,
        order,
      )
    case 'help':
    case 'status':
    case 'why':
    case 'hold':
    case 'resume':
      return pipeline
  }
  return command satisfies never
}

/** Starting what was started and came to a halt at its first stage means trying that again. */
function begin(pipeline: Pipeline, order: Ordered): Pipeline {
  const [first] = pipeline.stages
  const isHalted = first?.status === 'failed' || first?.status === 'cancelled'
  return isHalted && pipeline.issue.state === 'open' ? anew(pipeline, 'retry', [first], order) : pipeline
}

/** Carries stages out anew; never beside an attempt that is live, unless nobody can say whether that has a run at all. */
function anew(pipeline: Pipeline, verb: 'run' | 'retry', stages: readonly Stage[], order: Ordered): Pipeline {
  const fit = stages.filter((stage) => isOurs(pipeline, stage) && !isUnderWay(stage))
  const lost = fit.reduce((known, { name }) => stop(known, name, order), pipeline)
  return withOrders(lost, fit, (stage) => {
    const at = later(order.at, callOf(pipeline, stage)?.at ?? order.at)
    return { ...orderOf(order, verb, `order/${order.id}`), at }
  })
}

function cancel(pipeline: Pipeline, stages: readonly Stage[], order: Ordered): Pipeline {
  const fit = stages.filter((stage) => isUnfinished(stage) && stage.status !== 'idle' && stage.status !== 'cancelled')
  const cancelled = about(
    pipeline,
    'cancel',
    fit.filter((stage) => isOurs(pipeline, stage)),
    order,
  )
  return fit.reduce((known, { name }) => stop(known, name, order), cancelled)
}

/** An order about stages as they are carried out now. */
function about(pipeline: Pipeline, verb: Order['verb'], stages: readonly Stage[], order: Ordered): Pipeline {
  return withOrders(pipeline, stages, (stage) => orderOf(order, verb, callOf(pipeline, stage)?.id ?? NONE))
}

function orderOf({ id, by, at, evidence }: Ordered, verb: Order['verb'], call: string): Order {
  return { id, verb, by, at, evidence, call }
}

function withOrders(pipeline: Pipeline, stages: readonly Stage[], make: (stage: Stage) => Order): Pipeline {
  const names = stages.map(({ name }) => name)
  const changed = pipeline.stages.map((stage) => {
    return names.includes(stage.name) ? { ...stage, orders: [...(stage.orders ?? []), make(stage)] } : stage
  })
  return { ...pipeline, stages: changed }
}

/** Stops what is live in a stage. */
function stop(pipeline: Pipeline, name: string, { by, now, evidence }: Ordered): Pipeline {
  const stages = pipeline.stages.map((stage) => {
    if (stage.name !== name || !stage.attempts.some(isLiveAttempt)) return stage
    const attempts = stage.attempts.map((attempt) => (isOwn(attempt) ? stopped(attempt, by, now, evidence) : attempt))
    return { ...stage, attempts }
  })
  return { ...pipeline, stages }
}

function named({ stages }: Pipeline, name: string): readonly Stage[] {
  return stages.filter((stage) => stage.name === name)
}

/** The furthest stage that came to a halt. */
function whatFailed({ stages }: Pipeline): readonly Stage[] {
  const failed = stages.findLast(({ status, attempts }) => status === 'failed' && attempts.length > 0)
  const halted = failed ?? stages.findLast(({ status }) => status === 'cancelled') ?? stages.findLast(isResting)
  return halted === undefined ? [] : [halted]
}

/** Everything that runs or waits. */
function whatIsUnderWay({ stages }: Pipeline): readonly Stage[] {
  return stages.filter(({ status }) => status === 'running' || status === 'queued')
}

/** It waits for the moment of its next try, or for a person who says what became of the last. */
function isResting(stage: Stage): boolean {
  return stage.againAt != null || isLost(currentAttempt(stage))
}

function isUnderWay(stage: Stage): boolean {
  return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isLost(attempt))
}

function isLost(attempt: Attempt | null): boolean {
  return attempt?.ours?.runId === null && attempt.ours.dispatch?.needsPerson === true && isLiveAttempt(attempt)
}

function isUnfinished({ status }: Stage): boolean {
  return status !== 'done' && status !== 'skipped'
}

function waitsAtGate(pipeline: Pipeline, { name, status }: Stage): boolean {
  const rule = pipeline.line.stages.find((known) => known.name === name)
  return status === 'review' && rule !== undefined && rule.gate !== null && rule.workflow !== null
}

function isOurs({ line }: Pipeline, { name }: Stage): boolean {
  return line.stages.some((rule) => rule.name === name && dispatches(rule))
}

function wasObeyed({ stages }: Pipeline, id: string): boolean {
  return stages.some(({ orders = [] }) => orders.some((order) => order.id === id))
}
