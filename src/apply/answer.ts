import { answersTo, type Giving, type HeardAt } from '../pipeline/answers.ts'
import { NOTHING_AROUND } from '../pipeline/cord.ts'
import { isNamedBot } from '../pipeline/dispatching.ts'
import { originKey } from '../pipeline/events.ts'
import type { Ledger } from './ledger.ts'
import { lineOf } from './line-of.ts'
import type { Local } from './route.ts'

/** Answers whoever gave commands, once it is known what they may. */
export function answer(ledger: Ledger, event: Local, hearings: readonly HeardAt[]): void {
  const giving = givingOf(ledger, event)
  if (giving === null) return
  ledger.ask({ repositoryId: event.repository.id, issueNumber: null }, answersTo(giving, hearings))
}

/** Of bots only those that the repository's file names are answered, and at once. */
function givingOf(ledger: Ledger, event: Local): Giving | null {
  if (event.type === 'command.given') {
    const {
      origin,
      issueNumber,
      onPullRequest,
      commands,
      sender: by,
      bot,
      at,
      evidence,
      around = NOTHING_AROUND,
    } = event
    if (!bot || !isNamedBot(lineOf(ledger, event), by)) return null
    const speaker = { by, at, evidence }
    return { origin, issueNumber, onPullRequest, commands, speaker, role: 'write', around }
  }
  if (event.type !== 'answered') return null
  const { question, answer, around = NOTHING_AROUND } = event
  if (question.about !== 'permission' || answer.about !== 'permission' || question.for.kind !== 'command') return null
  const { origin, issueNumber, onPullRequest, commands, at } = question.for
  const evidence = { ...event.evidence, kind: 'command', id: originKey(origin) } as const
  const speaker = { by: question.login, at, evidence }
  return { origin, issueNumber, onPullRequest, commands, speaker, role: answer.role, around }
}
