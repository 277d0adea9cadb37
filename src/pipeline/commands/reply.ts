// Every comment with commands is answered once: by one reaction, and by a reply when there is something to say. What is
// said is decided here, with what came of the commands; what stands is looked up when the reply is written.
import { type Command, mayUseCommand } from '../../commands/commands.ts'
import { commandOriginKey } from '../model/command-origin.ts'
import { ANSWERED_IN_REPLY, type CommandOutcome, type CommandResult, notPossible } from '../model/command-result.ts'
import type { Effect, ReplyItem } from '../model/effects.ts'
import type { AuthorizedCommands } from './authorized-commands.ts'
import { outerHoldsAfter, repositoryHoldResult } from './hold-or-release.ts'

/** What came of them in the line of one issue. */
export type IssueOutcomes = { readonly issueNumber: number; readonly outcomes: readonly CommandOutcome[] }

/** The reaction and the reply. Whoever may not even read gets neither; of buttons the history tells: see buttons.ts. */
export function reactionAndReply(given: AuthorizedCommands, hearings: readonly IssueOutcomes[]): readonly Effect[] {
  if (given.role === 'none' || given.origin.kind === 'check') return []
  const items = replyItemsOf(given, hearings)
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

function replyTo(
  { origin, issueNumber, actor: { login }, role }: AuthorizedCommands,
  items: readonly ReplyItem[],
): Effect {
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

function replyItemsOf(given: AuthorizedCommands, hearings: readonly IssueOutcomes[]): readonly ReplyItem[] {
  const outcomesAt = hearings.length > 0 ? hearings : [{ issueNumber: null, outcomes: outcomesWithoutPipeline(given) }]
  const items = given.commands.flatMap((_, nth) =>
    outcomesAt.flatMap(({ issueNumber, outcomes }) =>
      outcomes[nth] === undefined ? [] : [replyItemOf(outcomes[nth], issueNumber)],
    ),
  )
  // One sentence is enough for all that somebody may not do.
  const refused = items.findIndex(({ kind }) => kind === 'no-permission')
  return items.filter(({ kind }, index) => kind !== 'no-permission' || index === refused)
}

function replyItemOf({ command, result }: CommandOutcome, issueNumber: number | null): ReplyItem {
  const { text } = command
  if (command.verb === null) return { kind: 'mistake', text, mistake: command }
  if (result === null) return { kind: 'no-permission', text }
  if (result.outcome !== 'answered_in_reply') return { kind: result.outcome, text, issueNumber, answer: result.answer }
  if (command.verb === 'status' || command.verb === 'why') return { kind: command.verb, text, issueNumber }
  return { kind: 'help', text }
}

/** What commands come to where no line hears them. */
function outcomesWithoutPipeline({
  commands,
  role,
  onPullRequest,
  actor,
  outerHolds,
}: AuthorizedCommands): readonly CommandOutcome[] {
  return commands.map((command, nth) => {
    if (command.verb === null || !mayUseCommand(role, command.verb)) return { command, result: null }
    const known = outerHoldsAfter(outerHolds, commands.slice(0, nth), actor)
    return { command, result: repositoryHoldResult(command, actor, known) ?? noPipelineHere(command, onPullRequest) }
  })
}

function noPipelineHere({ verb }: Command, onPullRequest: boolean): CommandResult {
  if (verb === 'help') return ANSWERED_IN_REPLY
  return notPossible({ kind: onPullRequest ? 'pull-request-not-on-line' : 'issue-not-on-line' })
}
