// What people write to us moves the line only after GitHub has said what they may. The question carries the commands, so
// that nothing is kept of somebody who may nothing.
import { mayUseCommand } from '../../commands/commands.ts'
import { resolveStage } from '../../commands/parse-commands.ts'
import { commandOriginKey } from '../model/command-origin.ts'
import type { CommandOutcome } from '../model/command-result.ts'
import type { Effect, Role } from '../model/effects.ts'
import type { Event, EventOf } from '../model/events.ts'
import { isGhost } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import { startAuthorization, withStartPermission } from '../stages/start-requests.ts'
import type { AuthorizedCommands, CommandContext, EventContext } from './authorized-commands.ts'
import { whyStaleButton } from './buttons.ts'
import { outerHoldsAfter } from './hold-or-release.ts'
import { runCommand } from './run-command.ts'

/** What commands make us ask, whether or not a pipeline is concerned: what their sender may. */
export function askSenderPermission(event: Event): readonly Effect[] {
  if (event.type !== 'commands.received' || event.bot || isGhost(event.sender)) return []
  const { issueNumber, onPullRequest, origin, commands, at, sender: login } = event
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at } as const
  const key = `permission/command/${commandOriginKey(origin)}`
  return [{ type: 'ask', key, question: { about: 'permission', login, purpose } }]
}

/** Runs what the event commands this pipeline to do; null when that is nothing. */
export function runCommands(pipeline: Pipeline, event: Event, { commands }: EventContext): CommandsRun | null {
  if (event.type === 'question.answered' && event.answer.about === 'permission') {
    return runOncePermitted(pipeline, event, event.answer.role, commands)
  }
  if (commands === null || !concerns(pipeline, commands)) return null
  const { login, at } = commands
  const start = startAuthorization(pipeline)
  const startsPipeline = start.state === 'granted' && start.request.login === login && start.request.at === at
  return runInOrder(pipeline, commands, { startsPipeline, now: at })
}

type CommandsRun = { readonly pipeline: Pipeline; readonly outcomes: readonly CommandOutcome[] }

/** GitHub has said what somebody may who asked for the start, or gave commands. */
function runOncePermitted(
  pipeline: Pipeline,
  { question, at: now }: EventOf<'question.answered'>,
  role: Role,
  commands: AuthorizedCommands | null,
): CommandsRun | null {
  if (question.about !== 'permission' || question.purpose.kind === 'review') return null
  const { login, purpose } = question
  if (!concerns(pipeline, purpose)) return null
  const asked = { login, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  // The permission to start is given to whoever asked for the start, and by nothing else that they ask for later.
  const wantsStart = purpose.kind === 'start' || purpose.commands.some(({ verb }) => verb === 'start')
  const known = wantsStart
    ? withStartPermission(pipeline, asked, { granted: mayUseCommand(role, 'start'), at: now })
    : pipeline
  if (commands === null) return { pipeline: known, outcomes: [] }
  const startsPipeline =
    startAuthorization(pipeline).state !== 'granted' && startAuthorization(known).state === 'granted'
  return runInOrder(known, commands, { startsPipeline, now })
}

/** Each command finds the line as the one before it left it. */
function runInOrder(
  pipeline: Pipeline,
  given: AuthorizedCommands,
  context: Pick<CommandContext, 'startsPipeline' | 'now'>,
): CommandsRun {
  const { commands, ...sender } = given
  const stages = pipeline.line.stages.map(({ name }) => name)
  let known = pipeline
  const outcomes = commands.map((typed, nth): CommandOutcome => {
    const command = resolveStage(typed, stages)
    const outcome = { issueNumber: pipeline.issue.number, nth, command }
    if (command.verb === null || !mayUseCommand(given.role, command.verb)) return { ...outcome, result: null }
    const derived = deriveStages(known)
    const stale = whyStaleButton(derived, given.origin, command)
    if (stale !== null) return { ...outcome, result: stale }
    const id = `${commandOriginKey(given.origin)}/${nth}`
    const outerHolds = outerHoldsAfter(given.outerHolds, given, nth)
    const ran = runCommand(derived, command, { ...sender, ...context, outerHolds, id })
    known = ran.pipeline
    return { ...outcome, result: ran.result }
  })
  return { pipeline: known, outcomes }
}

type IssueOrPullRequest = { readonly issueNumber: number; readonly onPullRequest?: boolean }

function concerns(
  { issue, pullRequests }: Pipeline,
  { issueNumber, onPullRequest = false }: IssueOrPullRequest,
): boolean {
  return onPullRequest ? pullRequests.some(({ number }) => number === issueNumber) : issue.number === issueNumber
}
