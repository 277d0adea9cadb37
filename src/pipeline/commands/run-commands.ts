// Commands change a pipeline only after GitHub has said what their sender may do. The question carries the commands, so
// nothing is stored for senders without permission.
import { type Command, mayUseCommand } from '../../commands/commands.ts'
import { resolveStage } from '../../commands/parse-commands.ts'
import { isGhost } from '../../line/stage-rules.ts'
import { cancelAttempt } from '../deadlines/enforce-deadlines.ts'
import { decidingPullRequests } from '../facts/standing.ts'
import { updateAdmittedAttempts } from '../model/attempt.ts'
import {
  ANSWERED_IN_REPLY,
  already,
  type CommandOutcome,
  type CommandResult,
  done,
  notPossible,
  stageSummary,
  summaryOf,
} from '../model/command-result.ts'
import type { Effect } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import { commandOriginKey } from '../model/given-commands.ts'
import type { Pipeline, Stage, StageCommand } from '../model/pipeline.ts'
import { isCalledOff } from '../model/reason.ts'
import { type Instant, latest } from '../model/time.ts'
import { currentAttempt } from '../stages/attempts.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import { startAuthorization, withStartPermission } from '../stages/pipeline-start.ts'
import { NO_TRIGGER, triggerOf } from '../stages/triggers.ts'
import type { AuthorizedCommands, EventContext } from './authorized-commands.ts'
import { outerHoldsAfter, runHoldOrResume } from './hold-or-release.ts'
import {
  isAtGate,
  isDispatchedStage,
  isLostAttempt,
  whyNotApprove,
  whyNotCancel,
  whyNotRerun,
  whyNotSkip,
  whyStaleButton,
} from './preconditions.ts'

/** Asks GitHub what the sender of commands may do, whether or not a pipeline is concerned. */
export function askSenderPermission(event: Event): readonly Effect[] {
  if (event.type !== 'commands.received' || event.bot || isGhost(event.sender)) return []
  const { issueNumber, onPullRequest, origin, commands, ignored, at, sender: login } = event
  const known = origin.kind === 'board' ? { userId: origin.userId } : {}
  if (commands.length === 0 && ignored === undefined) return []
  const purpose = {
    kind: 'command',
    issueNumber,
    onPullRequest,
    origin,
    commands,
    at,
    ...(ignored && { ignored }),
  } as const
  const key = `permission/command/${commandOriginKey(origin)}`
  return [{ type: 'ask', key, question: { about: 'permission', login, ...known, purpose } }]
}

type CommandsRun = { readonly pipeline: Pipeline; readonly outcomes: readonly CommandOutcome[] }

/** Runs the event's commands on this pipeline; null if it has none for it. */
export function runCommands(pipeline: Pipeline, event: Event, { commands }: EventContext): CommandsRun | null {
  if (event.type !== 'question.answered' || event.answer.about !== 'permission') {
    if (commands === null || !concerns(pipeline, commands)) return null
    const { login, at } = commands
    const start = startAuthorization(pipeline)
    const startsPipeline = start.state === 'granted' && start.request.login === login && start.request.at === at
    return runInOrder(pipeline, commands, { startsPipeline, now: at })
  }
  const { question, answer, at: now } = event
  if (question.about !== 'permission') return null
  const { login, purpose } = question
  if (purpose.kind === 'review' || purpose.kind === 'author') return null
  if (!concerns(pipeline, purpose)) return null
  // Only a request for the start is granted the start, and no other command of the same sender.
  const wantsStart = purpose.kind === 'start' || purpose.commands.some(({ verb }) => verb === 'start')
  const request = { login, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  const decision = { granted: mayUseCommand(answer.role, 'start'), at: now }
  const permitted = wantsStart ? withStartPermission(pipeline, request, decision) : pipeline
  if (commands === null) return { pipeline: permitted, outcomes: [] }
  const [before, after] = [pipeline, permitted].map((known) => startAuthorization(known).state)
  return runInOrder(permitted, commands, { startsPipeline: before !== 'granted' && after === 'granted', now })
}

function concerns(
  pipeline: Pipeline,
  { issueNumber, onPullRequest = false }: { readonly issueNumber: number | null; readonly onPullRequest?: boolean },
): boolean {
  if (!onPullRequest) return pipeline.issue.number === issueNumber
  return decidingPullRequests(pipeline).some(({ number }) => number === issueNumber)
}

/** One command as it runs: `<origin>/<nth>` identifies it for ever. */
type CommandContext = Omit<AuthorizedCommands, 'commands'> & {
  readonly id: string
  /** When it runs: GitHub was asked in between. */
  readonly now: Instant
  /** The permission for this command starts the pipeline. */
  readonly startsPipeline: boolean
}

/** Each command finds the pipeline as the one before it left it. */
function runInOrder(
  pipeline: Pipeline,
  authorized: AuthorizedCommands,
  context: Pick<CommandContext, 'startsPipeline' | 'now'>,
): CommandsRun {
  const { commands, ...sender } = authorized
  const stages = pipeline.line.stages.map(({ name }) => name)
  let current = pipeline
  const outcomes = commands.map((typed, nth): CommandOutcome => {
    // Forms and buttons name the place of a hold apart from its reason.
    const command = sender.origin.kind === 'comment' ? resolveStage(typed, stages) : typed
    const outcome = { issueNumber: pipeline.issue.number, nth, command }
    if (command.verb === null || !mayUseCommand(sender.role, command.verb)) return { ...outcome, result: null }
    const derived = deriveStages(current)
    const stale = whyStaleButton(derived, sender.origin, command)
    if (stale !== null) return { ...outcome, result: stale }
    const outerHolds = outerHoldsAfter(sender.outerHolds, authorized, nth)
    const id = `${commandOriginKey(sender.origin)}/${nth}`
    const ran = runCommand(derived, command, { ...sender, ...context, outerHolds, id })
    current = ran.pipeline
    return { ...outcome, result: ran.result }
  })
  return { pipeline: current, outcomes }
}

type Ran = { readonly pipeline: Pipeline; readonly result: CommandResult }

function runCommand(pipeline: Pipeline, command: Command, context: CommandContext): Ran {
  const { removed, stages } = pipeline
  if (removed !== null) return { pipeline, result: notPossible({ kind: 'issue-removed', why: removed.why }) }
  const hasRun = stages.some(({ commands = [] }) => commands.some(({ id }) => id === context.id))
  if (hasRun) return { pipeline, result: done({ kind: 'done-before' }) }
  const named = 'stage' in command ? stages.filter(({ name }) => name === command.stage) : []
  switch (command.verb) {
    case 'start':
      return runStart(pipeline, context)
    case 'run':
    case 'skip':
      return runOnStages(pipeline, command.verb, named, context)
    case 'retry':
      return runOnStages(pipeline, 'retry', command.stage === null ? haltedStage(pipeline) : named, context)
    case 'cancel':
      return runOnStages(pipeline, 'cancel', command.stage === null ? activeStages(pipeline) : named, context)
    case 'approve':
      return runApprove(pipeline, context)
    case 'help':
    case 'status':
    case 'why':
      return { pipeline, result: ANSWERED_IN_REPLY }
    case 'hold':
    case 'resume':
      return runHoldOrResume(pipeline, command, context, context.outerHolds)
  }
  return command satisfies never
}

/** Starting a pipeline that halted at its first stage retries that stage. */
function runStart(pipeline: Pipeline, context: CommandContext): Ran {
  const [first] = pipeline.stages
  if (first === undefined) return { pipeline, result: notPossible({ kind: 'no-stages' }) }
  if (pipeline.issue.state === 'closed') return { pipeline, result: notPossible({ kind: 'issue-closed' }) }
  if (first.status === 'failed' || first.status === 'cancelled') return runOnStages(pipeline, 'retry', [first], context)
  const stage = pipeline.stages.findLast(({ since }) => since !== null) ?? first
  const started = already({ kind: 'started-before', stage: stageSummary(stage) })
  return { pipeline, result: context.startsPipeline ? done(summaryOf([stage])) : started }
}

/** A comment approves every gate that waits, a button only its own. */
function runApprove(pipeline: Pipeline, context: CommandContext): Ran {
  const { origin } = context
  const gates = pipeline.stages.filter((stage) => {
    return isAtGate(pipeline, stage) && (origin.kind === 'comment' || stage.name === origin.stage)
  })
  if (gates.length === 0) return { pipeline, result: whyNotApprove(pipeline) }
  return runOnStages(pipeline, 'approve', gates, context)
}

type StageVerb = Exclude<StageCommand['verb'], 'start'>

/** Why the command cannot run on a stage, and what is answered when there is none to run it on. */
const STAGE_COMMANDS = {
  run: { whyNot: whyNotRerun, whenNone: 'nothing-halted' },
  retry: { whyNot: whyNotRerun, whenNone: 'nothing-halted' },
  cancel: { whyNot: whyNotCancel, whenNone: 'nothing-active' },
  skip: { whyNot: whyNotSkip, whenNone: 'no-such-stage' },
  approve: { whyNot: () => null, whenNone: 'nothing-to-approve' },
} as const satisfies Record<StageVerb, object>

/** Runs the command on the stages that allow it and answers how they stand then; or answers why none does. */
function runOnStages(pipeline: Pipeline, verb: StageVerb, stages: readonly Stage[], context: CommandContext): Ran {
  const [first] = stages
  const { whyNot, whenNone } = STAGE_COMMANDS[verb]
  const eligible = stages.filter((stage) => whyNot(pipeline, stage) === null)
  if (eligible.length === 0) {
    return { pipeline, result: (first && whyNot(pipeline, first)) ?? notPossible({ kind: whenNone }) }
  }
  const isEligible = ({ name }: Stage) => eligible.some((stage) => stage.name === name)
  const stopped = updateAdmittedAttempts(pipeline, (attempt, _, stage) => {
    if (verb === 'approve' || !isEligible(stage)) return attempt
    return cancelAttempt(attempt, context.login, { at: context.now, evidence: context.evidence })
  })
  const changed = stopped.stages.map((stage): Stage => {
    // Where Andon does not start the stage, its run alone says whether it is cancelled.
    const isRecorded = isEligible(stage) && (verb !== 'cancel' || isDispatchedStage(pipeline.line, stage.name))
    if (!isRecorded) return stage
    return { ...stage, commands: [...(stage.commands ?? []), stageCommandOf(pipeline, verb, stage, context)] }
  })
  const next = { ...stopped, stages: changed }
  const after = deriveStages(next).stages.filter(isEligible)
  // The command stands, but a stage that was called off with the issue or its pull request stays so for now.
  const isOff = after.every(({ reason }) => isCalledOff(reason))
  return { pipeline: next, result: isOff ? notPossible(summaryOf(after)) : done(summaryOf(after)) }
}

/** A rerun is a trigger of its own, newer than the last; every other command is about the stage's present trigger. */
function stageCommandOf(pipeline: Pipeline, verb: StageVerb, stage: Stage, context: CommandContext): StageCommand {
  const { id, login: by, at, evidence } = context
  const trigger = triggerOf(pipeline, stage)
  const isRerun = verb === 'run' || verb === 'retry'
  const triggerId = isRerun ? `order/${id}` : (trigger?.id ?? NO_TRIGGER)
  return { id, verb, by, at: isRerun ? latest(at, trigger?.at ?? at) : at, evidence, triggerId }
}

/** The furthest stage that halted; else the one that waits for its retry, or for a person because its attempt is lost. */
function haltedStage({ stages }: Pipeline): readonly Stage[] {
  const failed = stages.findLast(({ status, attempts }) => status === 'failed' && attempts.length > 0)
  const isWaiting = (stage: Stage) => stage.retryAt != null || isLostAttempt(currentAttempt(stage))
  const halted = failed ?? stages.findLast(({ status }) => status === 'cancelled') ?? stages.findLast(isWaiting)
  return halted === undefined ? [] : [halted]
}

function activeStages({ stages }: Pipeline): readonly Stage[] {
  return stages.filter(({ status }) => status === 'running' || status === 'queued')
}
