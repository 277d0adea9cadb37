// Commands of which it is known what their sender may: a bot that the repository's file names at once, a person once
// GitHub has answered.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { Line } from '../../line/line.ts'
import { NO_OUTER_HOLDS } from '../holds/holds.ts'
import { type CommandOrigin, commandOriginKey } from '../model/command-origin.ts'
import type { Role } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import type { Evidence } from '../model/evidence.ts'
import type { OuterHolds } from '../model/hold.ts'
import { isAllowedBot } from '../model/line-rules.ts'
import type { Instant } from '../model/time.ts'

/** Who speaks, when, and how we know. */
export type Actor = { readonly login: string; readonly at: Instant; readonly evidence: Evidence }

/** Commands as they were given, and what their sender may. */
export type AuthorizedCommands = {
  readonly origin: CommandOrigin
  /** The number commented on: a pull request's own when `onPullRequest`. */
  readonly issueNumber: number
  readonly onPullRequest: boolean
  readonly commands: readonly (Command | InvalidCommand)[]
  readonly actor: Actor
  readonly role: Role
  /** What was held around when they were given. */
  readonly outerHolds: OuterHolds
}

/** The commands that an event brings to be heard; null when it brings none, or their sender's leave is yet to be asked for. */
export function authorizedCommandsIn(event: Event, line: Line): AuthorizedCommands | null {
  if (event.type === 'commands.received') {
    const { origin, issueNumber, onPullRequest, commands, sender: login, bot, at, evidence } = event
    if (!bot || !(event.isAllowedBot ?? isAllowedBot(line, login))) return null
    const actor = { login, at, evidence }
    return {
      origin,
      issueNumber,
      onPullRequest,
      commands,
      actor,
      role: 'write',
      outerHolds: event.outerHolds ?? NO_OUTER_HOLDS,
    }
  }
  if (event.type !== 'question.answered') return null
  const { question, answer, outerHolds = NO_OUTER_HOLDS } = event
  if (question.about !== 'permission' || answer.about !== 'permission' || question.purpose.kind !== 'command')
    return null
  const { origin, issueNumber, onPullRequest, commands, at } = question.purpose
  const evidence = { ...event.evidence, kind: 'command', id: commandOriginKey(origin) } as const
  const actor = { login: question.login, at, evidence }
  return { origin, issueNumber, onPullRequest, commands, actor, role: answer.role, outerHolds }
}
