// What people write to us moves the line only after GitHub has said that they may write. The question carries the orders,
// so that nothing is kept of somebody who may not.
import type { Command, Mistake } from '../commands/commands.ts'
import { isNamedBot } from './dispatching.ts'
import type { Effect } from './effects.ts'
import { type Event, type Origin, originKey } from './events.ts'
import { ACTING, obey } from './obey.ts'
import type { Pipeline } from './pipeline.ts'
import { settle } from './settle.ts'
import { withLeave } from './starters.ts'

type Given = Extract<Event, { type: 'command.given' }>
type Answered = Extract<Event, { type: 'answered' }>

/** What a comment with orders makes us ask. */
export function askCommands(pipeline: Pipeline, event: Event): readonly Effect[] {
  if (event.type !== 'command.given' || event.bot || !isAbout(pipeline, event) || !event.commands.some(acts)) return []
  const { issueNumber, onPullRequest, origin, commands, at, sender: login } = event
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at } as const
  const key = `permission/command/${originKey(origin)}`
  return [{ type: 'ask', key, question: { about: 'permission', login, for: purpose } }]
}

/** A bot that the repository's file names is obeyed at once; people when GitHub has answered. */
export function whenCommanded(pipeline: Pipeline, event: Given): Pipeline {
  const { bot, sender, at, evidence, commands, origin } = event
  if (!bot || !isNamedBot(pipeline.line, sender) || !isAbout(pipeline, event)) return pipeline
  return obeyAll(pipeline, commands, origin, { by: sender, at, now: at, evidence })
}

/** GitHub has said whether somebody may write who asked for the start, or gave orders. */
export function whenAllowed(pipeline: Pipeline, { question, answer, at, evidence }: Answered): Pipeline {
  if (question.about !== 'permission' || answer.about !== 'permission' || question.for.kind === 'review')
    return pipeline
  const { login: by, for: purpose } = question
  if (!isAbout(pipeline, purpose)) return pipeline
  const permission = { granted: answer.mayWrite, at }
  const asked = { login: by, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  const known = withLeave(pipeline, asked, permission)
  if (purpose.kind === 'start' || !answer.mayWrite) return known
  const order = {
    by,
    at: purpose.at,
    now: at,
    evidence: { ...evidence, kind: 'command', id: originKey(purpose.origin) },
  } as const
  return obeyAll(known, purpose.commands, purpose.origin, order)
}

function obeyAll(
  pipeline: Pipeline,
  commands: readonly (Command | Mistake)[],
  origin: Origin,
  order: Omit<Parameters<typeof obey>[2], 'id'>,
): Pipeline {
  return commands.reduce((known, command, nth) => {
    if (command.verb === null) return known
    // Each order finds the line as the one before it left it.
    return obey(settle(known), command, { ...order, id: `${originKey(origin)}/${nth}` })
  }, pipeline)
}

function acts({ verb }: Command | Mistake): boolean {
  return ACTING.some((acting) => acting === verb)
}

type Place = { readonly issueNumber: number; readonly onPullRequest?: boolean }

function isAbout({ issue, pullRequests }: Pipeline, { issueNumber, onPullRequest = false }: Place): boolean {
  return onPullRequest ? pullRequests.some(({ number }) => number === issueNumber) : issue.number === issueNumber
}
