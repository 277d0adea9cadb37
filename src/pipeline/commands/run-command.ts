// What people order, once GitHub has said that they may. Every order of a person ends in `runCommand`, wherever it was given.
import type { Command } from '../../commands/commands.ts'
import { cancelAttempt } from '../deadlines/enforce-deadlines.ts'
import { updateAdmittedAttempts } from '../model/attempt.ts'
import {
  ANSWERED_IN_REPLY,
  already,
  type CommandResult,
  done,
  notPossible,
  stageSummary,
  summaryOf,
} from '../model/command-result.ts'
import type { Pipeline, Stage, StageCommand } from '../model/pipeline.ts'
import { isCalledOff } from '../model/reason.ts'
import { latest } from '../model/time.ts'
import { currentAttempt } from '../stages/attempt-outcome.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import { NO_TRIGGER, triggerOf } from '../stages/triggers.ts'
import type { CommandContext, Ran } from './authorized-commands.ts'
import { isAtGate } from './buttons.ts'
import { runHoldOrResume } from './hold-or-release.ts'
import {
  isDispatchedByAndon,
  isLostAttempt,
  whyNotApprove,
  whyNotCancel,
  whyNotRerun,
  whyNotSkip,
} from './preconditions.ts'

/** Carries out one command on a pipeline whose stages are derived; a command that does not apply changes nothing. */
export function runCommand(pipeline: Pipeline, command: Command, order: CommandContext): Ran {
  if (pipeline.removed !== null)
    return unchanged(pipeline, notPossible({ kind: 'issue-removed', why: pipeline.removed.why }))
  if (hasAlreadyRun(pipeline, order.id)) return unchanged(pipeline, done({ kind: 'done-before' }))
  switch (command.verb) {
    case 'start':
      return runStart(pipeline, order)
    case 'run':
      return rerunStages(pipeline, 'run', stagesNamed(pipeline, command.stage), order)
    case 'retry':
      return rerunStages(
        pipeline,
        'retry',
        command.stage === null ? haltedStage(pipeline) : stagesNamed(pipeline, command.stage),
        order,
      )
    case 'cancel':
      return runCancel(
        pipeline,
        command.stage === null ? activeStages(pipeline) : stagesNamed(pipeline, command.stage),
        order,
      )
    case 'approve':
      return runApprove(pipeline, order)
    case 'skip':
      return runSkip(pipeline, stagesNamed(pipeline, command.stage), order)
    case 'help':
    case 'status':
    case 'why':
      return unchanged(pipeline, ANSWERED_IN_REPLY)
    case 'hold':
    case 'resume':
      return runHoldOrResume(pipeline, command, order)
  }
  return command satisfies never
}

/** Starting what was started and came to a halt at its first stage means trying that again. */
function runStart(pipeline: Pipeline, order: CommandContext): Ran {
  const [first] = pipeline.stages
  if (first === undefined) return unchanged(pipeline, notPossible({ kind: 'no-stages' }))
  const isHalted = first.status === 'failed' || first.status === 'cancelled'
  if (isHalted && pipeline.issue.state === 'open') return rerunStages(pipeline, 'retry', [first], order)
  if (pipeline.issue.state === 'closed') return unchanged(pipeline, notPossible({ kind: 'issue-closed' }))
  const stage = pipeline.stages.findLast(({ since }) => since !== null) ?? first
  const result = order.startsPipeline
    ? done(summaryOf([stage]))
    : already({ kind: 'started-before', stage: stageSummary(stage) })
  return unchanged(pipeline, result)
}

/** Carries stages out anew. */
function rerunStages(pipeline: Pipeline, verb: 'run' | 'retry', stages: readonly Stage[], order: CommandContext): Ran {
  if (stages.length === 0) {
    return unchanged(pipeline, notPossible({ kind: 'nothing-halted' }))
  }
  return runOnEligible(pipeline, stages, whyNotRerun, (fit) => {
    const lost = fit.reduce((known, { name }) => cancelLiveAttempts(known, name, order), pipeline)
    return recordCommands(lost, fit, (stage) => {
      const at = latest(order.at, triggerOf(pipeline, stage)?.at ?? order.at)
      return { ...stageCommandOf(order, verb, `order/${order.id}`), at }
    })
  })
}

function runCancel(pipeline: Pipeline, stages: readonly Stage[], order: CommandContext): Ran {
  if (stages.length === 0) return unchanged(pipeline, notPossible({ kind: 'nothing-active' }))
  return runOnEligible(pipeline, stages, whyNotCancel, (fit) => {
    const ours = fit.filter((stage) => isDispatchedByAndon(pipeline, stage))
    return fit.reduce(
      (known, { name }) => cancelLiveAttempts(known, name, order),
      recordForTrigger(pipeline, 'cancel', ours, order),
    )
  })
}

function runApprove(pipeline: Pipeline, order: CommandContext): Ran {
  const isMeant = ({ name }: Stage) => order.origin.kind === 'comment' || name === order.origin.stage
  const gates = pipeline.stages.filter((stage) => isAtGate(pipeline, stage) && isMeant(stage))
  if (gates.length === 0) return unchanged(pipeline, whyNotApprove(pipeline))
  return runOnEligible(
    pipeline,
    gates,
    () => null,
    (fit) => recordForTrigger(pipeline, 'approve', fit, order),
  )
}

function runSkip(pipeline: Pipeline, stages: readonly Stage[], order: CommandContext): Ran {
  return runOnEligible(pipeline, stages, whyNotSkip, (fit) =>
    fit.reduce(
      (known, { name }) => cancelLiveAttempts(known, name, order),
      recordForTrigger(pipeline, 'skip', fit, order),
    ),
  )
}

/** Does it to the stages that it can be done to, and says how they stand then; or else why it cannot be done. */
function runOnEligible(
  pipeline: Pipeline,
  stages: readonly Stage[],
  whyNot: (pipeline: Pipeline, stage: Stage) => CommandResult | null,
  act: (fit: readonly Stage[]) => Pipeline,
): Ran {
  const fit = stages.filter((stage) => whyNot(pipeline, stage) === null)
  const [first] = stages
  const refusal = first && whyNot(pipeline, first)
  if (fit.length === 0) return unchanged(pipeline, refusal ?? notPossible({ kind: 'no-such-stage' }))
  const next = act(fit)
  const after = deriveStages(next).stages.filter(({ name }) => fit.some((stage) => stage.name === name))
  // The order stands, but what was called off with the issue or its pull request stays so for now.
  const isOff = after.every(({ reason }) => isCalledOff(reason))
  return { pipeline: next, result: isOff ? notPossible(summaryOf(after)) : done(summaryOf(after)) }
}

function unchanged(pipeline: Pipeline, result: CommandResult): Ran {
  return { pipeline, result }
}

/** An order about stages as they are carried out now. */
function recordForTrigger(
  pipeline: Pipeline,
  verb: StageCommand['verb'],
  stages: readonly Stage[],
  order: CommandContext,
): Pipeline {
  return recordCommands(pipeline, stages, (stage) =>
    stageCommandOf(order, verb, triggerOf(pipeline, stage)?.id ?? NO_TRIGGER),
  )
}

function stageCommandOf(
  { id, login, at, evidence }: CommandContext,
  verb: StageCommand['verb'],
  triggerId: string,
): StageCommand {
  return { id, verb, by: login, at, evidence, triggerId }
}

function recordCommands(pipeline: Pipeline, stages: readonly Stage[], make: (stage: Stage) => StageCommand): Pipeline {
  const names = stages.map(({ name }) => name)
  const changed = pipeline.stages.map((stage) => {
    return names.includes(stage.name) ? { ...stage, commands: [...(stage.commands ?? []), make(stage)] } : stage
  })
  return { ...pipeline, stages: changed }
}

/** Stops what is live in a stage. */
function cancelLiveAttempts(pipeline: Pipeline, name: string, { login, now, evidence }: CommandContext): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt, _, stage) => {
    return stage.name === name ? cancelAttempt(attempt, login, now, evidence) : attempt
  })
}

function stagesNamed({ stages }: Pipeline, name: string): readonly Stage[] {
  return stages.filter((stage) => stage.name === name)
}

/** The furthest stage that came to a halt. */
function haltedStage({ stages }: Pipeline): readonly Stage[] {
  const failed = stages.findLast(({ status, attempts }) => status === 'failed' && attempts.length > 0)
  const halted = failed ?? stages.findLast(({ status }) => status === 'cancelled') ?? stages.findLast(isAwaitingRetry)
  return halted === undefined ? [] : [halted]
}

/** Everything that runs or waits. */
function activeStages({ stages }: Pipeline): readonly Stage[] {
  return stages.filter(({ status }) => status === 'running' || status === 'queued')
}

/** It waits for the moment of its next try, or for a person who says what became of the last. */
function isAwaitingRetry(stage: Stage): boolean {
  return stage.retryAt != null || isLostAttempt(currentAttempt(stage))
}

function hasAlreadyRun({ stages }: Pipeline, id: string): boolean {
  return stages.some(({ commands = [] }) => commands.some((order) => order.id === id))
}
