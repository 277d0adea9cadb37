import { givenIn } from '../pipeline/commands/authorized-commands.ts'
import { answersTo, type HeardAt } from '../pipeline/commands/reply.ts'
import { lineOf } from './line-of.ts'
import type { Local } from './route.ts'
import type { Ledger } from './unit-of-work.ts'

/** Answers whoever gave commands, once it is known what they may; of bots only those that the repository's file names. */
export function answer(ledger: Ledger, event: Local, hearings: readonly HeardAt[]): void {
  const given = givenIn(event, lineOf(ledger, event))
  if (given === null) return
  ledger.ask({ repositoryId: event.repository.id, issueNumber: null }, answersTo(given, hearings))
}
