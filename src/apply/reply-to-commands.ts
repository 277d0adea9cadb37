import { authorizedCommandsIn } from '../pipeline/commands/authorized-commands.ts'
import { type IssueOutcomes, reactionAndReply } from '../pipeline/commands/reply.ts'
import { lineOf } from './line-of.ts'
import type { RepositoryEvent } from './route.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Answers whoever gave commands, once it is known what they may; of bots only those that the repository's file names. */
export function replyToCommands(ledger: UnitOfWork, event: RepositoryEvent, hearings: readonly IssueOutcomes[]): void {
  const given = authorizedCommandsIn(event, lineOf(ledger, event))
  if (given === null) return
  ledger.putEffects({ repositoryId: event.repository.id, issueNumber: null }, reactionAndReply(given, hearings))
}
