// A press of a control on the board: kept when it is accepted, and answered when GitHub has said what its sender may do.
// Both are rows, so that the page which the press led to can say what came of it.
import type { AuthorizedCommands } from '../pipeline/commands/authorized-commands.ts'
import type { CommandOutcome } from '../pipeline/model/command-result.ts'
import type { RepositoryEvent } from '../pipeline/model/events.ts'
import type { Change } from './change.ts'
import { pressAnswerOf } from './reply.ts'

/** The press that the event is, if it is one. */
export function pressReceived(event: RepositoryEvent): Change {
  if (event.type !== 'commands.received' || event.origin.kind !== 'board') return []
  const { origin, issueNumber, repository, commands, sender: login, at } = event
  const { id, userId } = origin
  const text = commands.map((command) => command.text).join(', ')
  return [{ put: 'press', id, userId, login, repositoryId: repository.id, issueNumber, text, at }]
}

/** The answer to the press that was just authorized or refused. */
export function pressAnswered(
  { at }: RepositoryEvent,
  given: AuthorizedCommands | null,
  outcomes: readonly CommandOutcome[],
): Change {
  if (given?.origin.kind !== 'board') return []
  return [{ put: 'press-answered', id: given.origin.id, answer: pressAnswerOf(given, outcomes), at }]
}
