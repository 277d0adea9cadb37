// Every comment with commands is answered once: by one reaction, and by a reply when there is something to say. What is
// said is decided here, with what came of the commands; what stands is looked up when the reply is written.
import { type Command, mayUseCommand } from '../../commands/commands.ts'
import { commandOriginKey } from '../model/command-origin.ts'
import { ANSWERED_IN_REPLY, type CommandOutcome, type CommandResult, notPossible } from '../model/command-result.ts'
import type { Effect, ReplyItem } from '../model/effects.ts'
import type { AuthorizedCommands } from './authorized-commands.ts'
import { outerHoldsAfter, repositoryHoldResult } from './hold-or-release.ts'

/** The reaction and the reply. Whoever may not even read gets neither; of buttons the history tells: see buttons.ts. */
export function reactionAndReply(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly Effect[] {
  if (given.role === 'none' || given.origin.kind === 'check') return []
  const items = replyItemsOf(given, outcomes)
  const isTrouble = items.some(({ kind }) => kind === 'mistake' || kind === 'no-permission' || kind === 'impossible')
  const isTold = items.some(({ kind }) => kind !== 'done')
  return [
    reactionTo(given, given.origin.id, isTrouble ? 'confused' : 'eyes'),
    ...(isTold ? [replyTo(given, items)] : []),
  ]
}

function reactionTo({ origin, role }: AuthorizedCommands, commentId: number, content: 'eyes' | 'confused'): Effect {
  const key = `react/${commandOriginKey(origin)}/${content}`
  return { type: 'react', key, commentId, content, mayWrite: mayUseCommand(role, 'start') }
}

function replyTo({ origin, issueNumber, login, role }: AuthorizedCommands, items: readonly ReplyItem[]): Effect {
  const mayWrite = mayUseCommand(role, 'start')
  return {
    type: 'reply',
    key: `reply/${commandOriginKey(origin)}`,
    origin: commandOriginKey(origin),
    issueNumber,
    login,
    mayWrite,
    items,
  }
}

function replyItemsOf(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly ReplyItem[] {
  const known = outcomes.length > 0 ? outcomes : outcomesWithoutPipeline(given)
  const items = known.toSorted((a, b) => a.nth - b.nth).map(replyItemOf)
  // One sentence is enough for all that somebody may not do.
  const refused = items.findIndex(({ kind }) => kind === 'no-permission')
  return items.filter(({ kind }, index) => kind !== 'no-permission' || index === refused)
}

function replyItemOf({ issueNumber, command, result }: CommandOutcome): ReplyItem {
  const { text } = command
  if (command.verb === null) return { kind: 'mistake', text, mistake: command }
  if (result === null) return { kind: 'no-permission', text }
  if (result.outcome !== 'answered_in_reply') return { kind: result.outcome, text, issueNumber, answer: result.answer }
  if (command.verb === 'status' || command.verb === 'why') return { kind: command.verb, text, issueNumber }
  return { kind: 'help', text }
}

/** The outcomes of commands that concern no pipeline. */
function outcomesWithoutPipeline(given: AuthorizedCommands): readonly CommandOutcome[] {
  const { commands, role, onPullRequest, outerHolds } = given
  return commands.map((command, nth) => {
    const outcome = { issueNumber: null, nth, command }
    if (command.verb === null || !mayUseCommand(role, command.verb)) return { ...outcome, result: null }
    const held = repositoryHoldResult(command, given, outerHoldsAfter(outerHolds, given, nth))
    return { ...outcome, result: held ?? noPipelineHere(command, onPullRequest) }
  })
}

function noPipelineHere({ verb }: Command, onPullRequest: boolean): CommandResult {
  if (verb === 'help') return ANSWERED_IN_REPLY
  return notPossible({ kind: onPullRequest ? 'pull-request-not-on-line' : 'issue-not-on-line' })
}
