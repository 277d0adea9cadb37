// What people order, once GitHub has said that they may. Every order of a person ends in `obey`, wherever it was given.
import type { Command } from '../../commands/commands.ts'
import { stopped } from '../deadlines/enforce-deadlines.ts'
import { isOwn } from '../model/attempt.ts'
import { ASKED, done, impossible, type Obeyed, type Ordered, type Said, standing } from '../model/command-result.ts'
import type { Order, Pipeline, Stage } from '../model/pipeline.ts'
import { later } from '../model/time.ts'
import { currentAttempt, isLiveAttempt } from '../stages/attempt-outcome.ts'
import { settle } from '../stages/derive-stages.ts'
import { callOf, NONE } from '../stages/triggers.ts'
import { isAtGate } from './buttons.ts'
import { obeyCord } from './hold-or-release.ts'
import { isLost, isOurs, unfitToApprove, unfitToBegin, unfitToCancel, unfitToSkip } from './preconditions.ts'

/** Does what a person ordered; what makes no sense as the line stands leaves it as it is. The stages are settled: see `settle`. */
export function obey(pipeline: Pipeline, command: Command, order: Ordered): Obeyed {
  if (pipeline.gone !== null) return left(pipeline, impossible(`the issue was ${pipeline.gone.why}`))
  if (wasObeyed(pipeline, order.id)) return left(pipeline, done('it was done before'))
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
      return approve(pipeline, order)
    case 'skip':
      return skip(pipeline, named(pipeline, command.stage), order)
    case 'help':
    case 'status':
    case 'why':
      return left(pipeline, ASKED)
    case 'hold':
    case 'resume':
      return obeyCord(pipeline, command, order)
  }
  return command satisfies never
}

/** Starting what was started and came to a halt at its first stage means trying that again. */
function begin(pipeline: Pipeline, order: Ordered): Obeyed {
  const [first] = pipeline.stages
  if (first === undefined) return left(pipeline, impossible('this line has no stages'))
  const isHalted = first.status === 'failed' || first.status === 'cancelled'
  if (isHalted && pipeline.issue.state === 'open') return anew(pipeline, 'retry', [first], order)
  if (pipeline.issue.state === 'closed') return left(pipeline, impossible('the issue is closed: reopen it first'))
  const stage = pipeline.stages.findLast(({ since }) => since !== null) ?? first
  const words = standing(stage)
  return left(pipeline, order.begins ? done(words) : { ...done(`it was started before; ${words}`), outcome: 'already' })
}

/** Carries stages out anew. */
function anew(pipeline: Pipeline, verb: 'run' | 'retry', stages: readonly Stage[], order: Ordered): Obeyed {
  if (stages.length === 0) {
    return left(pipeline, impossible('nothing here has failed or was cancelled', ['/andon retry STAGE']))
  }
  return onFit(pipeline, stages, unfitToBegin, (fit) => {
    const lost = fit.reduce((known, { name }) => stop(known, name, order), pipeline)
    return withOrders(lost, fit, (stage) => {
      const at = later(order.at, callOf(pipeline, stage)?.at ?? order.at)
      return { ...orderOf(order, verb, `order/${order.id}`), at }
    })
  })
}

function cancel(pipeline: Pipeline, stages: readonly Stage[], order: Ordered): Obeyed {
  if (stages.length === 0) return left(pipeline, impossible('nothing runs or waits here', ['/andon status']))
  return onFit(pipeline, stages, unfitToCancel, (fit) => {
    const ours = fit.filter((stage) => isOurs(pipeline, stage))
    return fit.reduce((known, { name }) => stop(known, name, order), about(pipeline, 'cancel', ours, order))
  })
}

function approve(pipeline: Pipeline, order: Ordered): Obeyed {
  const isMeant = ({ name }: Stage) => order.stage === undefined || name === order.stage
  const gates = pipeline.stages.filter((stage) => isAtGate(pipeline, stage) && isMeant(stage))
  if (gates.length === 0) return left(pipeline, unfitToApprove(pipeline))
  return onFit(
    pipeline,
    gates,
    () => null,
    (fit) => about(pipeline, 'approve', fit, order),
  )
}

function skip(pipeline: Pipeline, stages: readonly Stage[], order: Ordered): Obeyed {
  return onFit(pipeline, stages, unfitToSkip, (fit) =>
    fit.reduce((known, { name }) => stop(known, name, order), about(pipeline, 'skip', fit, order)),
  )
}

/** Does it to the stages that it can be done to, and says how they stand then; or else why it cannot be done. */
function onFit(
  pipeline: Pipeline,
  stages: readonly Stage[],
  whyNot: (pipeline: Pipeline, stage: Stage) => Said | null,
  act: (fit: readonly Stage[]) => Pipeline,
): Obeyed {
  const fit = stages.filter((stage) => whyNot(pipeline, stage) === null)
  const [first] = stages
  const refusal = first && whyNot(pipeline, first)
  if (fit.length === 0) return left(pipeline, refusal ?? impossible('this line has no such stage'))
  const next = act(fit)
  const after = settle(next).stages.filter(({ name }) => fit.some((stage) => stage.name === name))
  const words = after.map(standing).join('; ')
  // The order stands, but what was called off with the issue or its pull request stays so for now.
  const isCalledOff = after.every(({ reason }) => reason.startsWith('called off'))
  return { pipeline: next, said: isCalledOff ? impossible(words) : done(words) }
}

function left(pipeline: Pipeline, said: Said): Obeyed {
  return { pipeline, said }
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

function wasObeyed({ stages }: Pipeline, id: string): boolean {
  return stages.some(({ orders = [] }) => orders.some((order) => order.id === id))
}
