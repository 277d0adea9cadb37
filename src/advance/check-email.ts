// A reply by e-mail contains the message that it answers, with that message's commands, marked in ways that no list can
// complete. Its first paragraph is its author's own. So commands further down wait until GitHub has said whether the
// comment came by e-mail.
import type { Effect } from '../pipeline/model/effects.ts'
import type { EventOf, RepositoryEvent } from '../pipeline/model/events.ts'
import { commandOriginKey, type EmailCheck } from '../pipeline/model/given-commands.ts'

/** The event with the commands that count now, and what GitHub must be asked about the others. */
export function checkEmail(event: RepositoryEvent): {
  readonly event: RepositoryEvent
  readonly asks: readonly Effect[]
} {
  if (event.type === 'commands.received') return askWhetherEmail(event)
  return { event: commandsAfterCheck(event) ?? event, asks: [] }
}

function askWhetherEmail(event: EventOf<'commands.received'>): ReturnType<typeof checkEmail> {
  const { emailCheck: check, ...received } = event
  if (check === undefined) return { event, asks: [] }
  const { type: _, repository: __, bot: ___, ...comment } = received
  const question = { about: 'comment', check, ...comment } as const
  // Under the prefix of what commands wait for, so that it is asked as soon.
  const key = `permission/command/${commandOriginKey(event.origin)}/email`
  return { event: { ...received, commands: [] }, asks: [{ type: 'ask', key, question }] }
}

function commandsAfterCheck(event: RepositoryEvent): EventOf<'commands.received'> | null {
  if (event.type !== 'question.answered') return null
  const { question, answer, repository } = event
  if (question.about !== 'comment' || answer.about !== 'comment') return null
  const { about: _, check, ...comment } = question
  const received = { ...comment, type: 'commands.received', repository, bot: false } as const
  return answer.cameByEmail ? withoutQuotedCommands(received, check) : received
}

function withoutQuotedCommands(
  received: EventOf<'commands.received'>,
  check: EmailCheck,
): EventOf<'commands.received'> {
  const commands = received.commands.slice(0, check.inFirstParagraph)
  const ignored = received.commands.slice(check.inFirstParagraph).map(({ text }) => text)
  return { ...received, commands, ...(!check.quotesNotification && { ignored }) }
}
