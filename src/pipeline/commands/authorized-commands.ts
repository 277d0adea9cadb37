// Commands of which it is known what their sender may: a bot that the repository's file names at once, a person once
// GitHub has answered.
import type { Command, Mistake } from '../../commands/commands.ts'
import type { Line } from '../../line/line.ts'
import { NOTHING_AROUND } from '../holds/holds.ts'
import { type Origin, originKey } from '../model/command-origin.ts'
import type { Role } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Around } from '../model/hold.ts'
import { isNamedBot } from '../model/line-rules.ts'
import type { Instant } from '../model/time.ts'

/** Who speaks, when, and how we know. */
export type Speaker = { readonly by: string; readonly at: Instant; readonly evidence: Evidence }

/** Commands as they were given, and what their sender may. */
export type Given = {
  readonly origin: Origin
  /** The number commented on: a pull request's own when `onPullRequest`. */
  readonly issueNumber: number
  readonly onPullRequest: boolean
  readonly commands: readonly (Command | Mistake)[]
  readonly speaker: Speaker
  readonly role: Role
  /** What was held around when they were given. */
  readonly around: Around
}

/** The commands that an event brings to be heard; null when it brings none, or their sender's leave is yet to be asked for. */
export function givenIn(event: Event, line: Line): Given | null {
  if (event.type === 'command.given') {
    const { origin, issueNumber, onPullRequest, commands, sender: by, bot, at, evidence } = event
    if (!bot || !(event.named ?? isNamedBot(line, by))) return null
    const speaker = { by, at, evidence }
    return {
      origin,
      issueNumber,
      onPullRequest,
      commands,
      speaker,
      role: 'write',
      around: event.around ?? NOTHING_AROUND,
    }
  }
  if (event.type !== 'answered') return null
  const { question, answer, around = NOTHING_AROUND } = event
  if (question.about !== 'permission' || answer.about !== 'permission' || question.for.kind !== 'command') return null
  const { origin, issueNumber, onPullRequest, commands, at } = question.for
  const evidence = { ...event.evidence, kind: 'command', id: originKey(origin) } as const
  const speaker = { by: question.login, at, evidence }
  return { origin, issueNumber, onPullRequest, commands, speaker, role: answer.role, around }
}
