// What people write to us moves the line only after GitHub has said what they may. The question carries the commands, so
// that nothing is kept of somebody who may nothing.
import { mayUseCommand } from '../../commands/commands.ts'
import { resolveStage } from '../../commands/parse-commands.ts'
import { commandOriginKey } from '../model/command-origin.ts'
import type { CommandContext, CommandsReduction } from '../model/command-result.ts'
import type { Answer, Effect } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import { isGhost } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import { startAuthorization, withStartPermission } from '../stages/start-requests.ts'
import { type AuthorizedCommands, authorizedCommandsIn } from './authorized-commands.ts'
import { whyStaleButton } from './buttons.ts'
import { outerHoldsAfter } from './hold-or-release.ts'
import { runCommand } from './run-command.ts'

type AnsweredEvent = Extract<Event, { type: 'question.answered' }>
type PermissionAnswer = Extract<Answer, { about: 'permission' }>

/** What commands make us ask, whether or not a pipeline is concerned: what their sender may. */
export function askSenderPermission(event: Event): readonly Effect[] {
  if (event.type !== 'commands.received' || event.bot || isGhost(event.sender)) return []
  const { issueNumber, onPullRequest, origin, commands, at, sender: login } = event
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at } as const
  const key = `permission/command/${commandOriginKey(origin)}`
  return [{ type: 'ask', key, question: { about: 'permission', login, purpose } }]
}

/** Hears what is given to this pipeline; null when nothing is. Bots that its file names are heard at once, people when GitHub has answered. */
export function runCommands(pipeline: Pipeline, event: Event): CommandsReduction | null {
  if (event.type === 'question.answered' && event.answer.about === 'permission') {
    return runOncePermitted(pipeline, event, event.answer)
  }
  const given = authorizedCommandsIn(event, pipeline.line)
  if (given === null || !concerns(pipeline, given)) return null
  const { login, at } = given.actor
  const leave = startAuthorization(pipeline)
  const startsPipeline = leave.state === 'granted' && leave.request.login === login && leave.request.at === at
  return runInOrder(pipeline, given, { startsPipeline, now: at })
}

/** GitHub has said what somebody may who asked for the start, or gave orders. */
function runOncePermitted(
  pipeline: Pipeline,
  event: AnsweredEvent,
  { role }: PermissionAnswer,
): CommandsReduction | null {
  const { question, at: now } = event
  if (question.about !== 'permission' || question.purpose.kind === 'review') return null
  const { login, purpose } = question
  if (!concerns(pipeline, purpose)) return null
  const asked = { login, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  // Leave to start is given to whoever asked for the start, and by nothing else that they ask for later.
  const wantsStart = purpose.kind === 'start' || purpose.commands.some(({ verb }) => verb === 'start')
  const known = wantsStart
    ? withStartPermission(pipeline, asked, { granted: mayUseCommand(role, 'start'), at: now })
    : pipeline
  const given = authorizedCommandsIn(event, pipeline.line)
  if (given === null) return { pipeline: known, outcomes: [] }
  const startsPipeline =
    startAuthorization(pipeline).state !== 'granted' && startAuthorization(known).state === 'granted'
  return runInOrder(known, given, { startsPipeline, now })
}

function runInOrder(
  pipeline: Pipeline,
  given: AuthorizedCommands,
  context: Pick<CommandContext, 'startsPipeline' | 'now'>,
): CommandsReduction {
  const { commands, origin, role, actor } = given
  const stages = pipeline.line.stages.map(({ name }) => name)
  return commands.reduce<CommandsReduction>(
    ({ pipeline: known, outcomes }, typed, nth) => {
      const command = resolveStage(typed, stages)
      if (command.verb === null || !mayUseCommand(role, command.verb)) {
        return { pipeline: known, outcomes: [...outcomes, { command, result: null }] }
      }
      // Each order finds the line as the one before it left it.
      const outerHolds = outerHoldsAfter(given.outerHolds, commands.slice(0, nth), actor)
      const settled = deriveStages(known)
      const unfit = whyStaleButton(settled, origin, command)
      if (unfit !== null) return { pipeline: known, outcomes: [...outcomes, { command, result: unfit }] }
      const only = origin.kind === 'check' ? { stage: origin.stage } : {}
      const order = { ...actor, ...context, ...only, outerHolds, id: `${commandOriginKey(origin)}/${nth}` }
      const obeyed = runCommand(settled, command, order)
      return { pipeline: obeyed.pipeline, outcomes: [...outcomes, { command, result: obeyed.result }] }
    },
    { pipeline, outcomes: [] },
  )
}

type IssueOrPullRequest = { readonly issueNumber: number; readonly onPullRequest?: boolean }

function concerns(
  { issue, pullRequests }: Pipeline,
  { issueNumber, onPullRequest = false }: IssueOrPullRequest,
): boolean {
  return onPullRequest ? pullRequests.some(({ number }) => number === issueNumber) : issue.number === issueNumber
}
