// Every comment with commands is answered once: by one reaction, and by a reply when there is something to say. What a
// command did is decided here; a status that was asked for is looked up when the reply is written. Buttons of check runs are
// answered in the history, and controls of the board on the page.
import { mayUseCommand } from '../commands/commands.ts'
import type { AuthorizedCommands } from '../pipeline/commands/authorized-commands.ts'
import { outerHoldsAfter, repositoryHoldResult } from '../pipeline/commands/hold-or-release.ts'
import { ANSWERED_IN_REPLY, type CommandOutcome, notPossible } from '../pipeline/model/command-result.ts'
import type { Effect, ReplyItem } from '../pipeline/model/effects.ts'
import { commandOriginKey } from '../pipeline/model/given-commands.ts'

/** The reaction and the reply; neither for a sender who may not even read. */
export function reactionAndReply(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly Effect[] {
  const { origin, issueNumber, login, role } = given
  if (role === 'none' || origin.kind !== 'comment' || issueNumber === null) return []
  const known = knownOutcomes(given, outcomes)
  const items = replyItemsOf(given, known)
  const isRefused = items.some(({ kind }) => REFUSALS.includes(kind))
  const originKey = commandOriginKey(origin)
  const mayWrite = mayUseCommand(role, 'start')
  const content = isRefused ? 'confused' : isCarriedOutAtOnce(known) ? 'rocket' : 'eyes'
  const reaction = {
    type: 'react',
    key: `react/${originKey}/${content}`,
    issueNumber,
    commentId: origin.id,
    content,
    mayWrite,
  } as const
  if (items.every((item) => item.kind === 'done' && !endsByItself(item))) return [reaction]
  return [
    reaction,
    { type: 'reply', key: `reply/${originKey}`, origin: originKey, issueNumber, login, mayWrite, items },
  ]
}

/** Were there orders, and is nothing left to be done on GitHub? Of the others, pipeline/carried-out.ts says when they are. */
function isCarriedOutAtOnce(outcomes: readonly CommandOutcome[]): boolean {
  const done = outcomes.filter(({ result }) => result?.outcome === 'done')
  return done.length > 0 && done.every(({ command }) => command.verb !== null && AT_ONCE.includes(command.verb))
}

const AT_ONCE: readonly string[] = ['approve', 'skip', 'hold', 'resume']

/** The reply says in which time zone the end of a hold was understood. */
function endsByItself(item: ReplyItem): boolean {
  return item.kind === 'done' && item.answer.kind === 'held' && item.answer.hold.until !== undefined
}

const REFUSALS: readonly ReplyItem['kind'][] = ['mistake', 'no-permission', 'impossible', 'ignored-in-email']

/** What is answered to a press of a control on the board. */
export function pressAnswerOf(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly ReplyItem[] {
  return replyItemsOf(given, knownOutcomes(given, outcomes))
}

function knownOutcomes(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly CommandOutcome[] {
  return outcomes.length > 0 ? outcomes : outcomesWithoutPipeline(given)
}

function replyItemsOf(given: AuthorizedCommands, outcomes: readonly CommandOutcome[]): readonly ReplyItem[] {
  const ignored = given.ignored?.map((text) => ({ kind: 'ignored-in-email', text }) as const) ?? []
  const items = [...outcomes.toSorted((a, b) => a.nth - b.nth).map(replyItemOf), ...ignored]
  // One sentence covers every command that the sender may not use.
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

function outcomesWithoutPipeline(given: AuthorizedCommands): readonly CommandOutcome[] {
  const { commands, role, onPullRequest, outerHolds } = given
  const noPipeline = notPossible({ kind: onPullRequest ? 'pull-request-not-on-line' : 'issue-not-on-line' })
  return commands.map((command, nth) => {
    const outcome = { issueNumber: null, nth, command }
    if (command.verb === null || !mayUseCommand(role, command.verb)) return { ...outcome, result: null }
    if (command.verb === 'help') return { ...outcome, result: ANSWERED_IN_REPLY }
    const held = repositoryHoldResult(command, given, outerHoldsAfter(outerHolds, given, nth))
    return { ...outcome, result: held ?? noPipeline }
  })
}
