// Commands whose sender's permission is known. It is decided here, once, when their event comes through the door: at once
// for a bot that the repository's file names, for a person when GitHub has answered.
import type { Line } from '../../line/line.ts'
import { isAllowedBot } from '../../line/stage-rules.ts'
import { NO_OUTER_HOLDS } from '../holds/holds.ts'
import type { Event } from '../model/events.ts'
import { type CommandOrigin, commandOriginKey, type GivenCommands } from '../model/given-commands.ts'
import type { OuterHolds } from '../model/hold.ts'
import type { Role } from '../model/questions.ts'
import type { Instant, Occurrence } from '../model/time.ts'

/** Commands, their sender and the sender's role. */
export type AuthorizedCommands = GivenCommands &
  Occurrence & {
    readonly login: string
    readonly role: Role
    /** The holds of the repository and of everything when the commands came. */
    readonly outerHolds: OuterHolds
  }

/** What the door knows beside an event. */
export type EventContext = {
  /** Null when the event carries no commands, or when GitHub has yet to answer about their sender. */
  readonly commands: AuthorizedCommands | null
  /** With an answer about a run: the latest heartbeat of each attempt, by key. */
  readonly heartbeats: Readonly<Record<string, Instant>>
  /** With an answer about a run, and with the clock: since when Andon has been there without a break. Empty where that is not known. */
  readonly presentSince: Instant
}

export const NO_CONTEXT: EventContext = { commands: null, heartbeats: {}, presentSince: '' }

/** `line` is what the repository's file says at present: a pipeline's own line may be older. */
export function contextOf(
  event: Event,
  line: Line,
  reads: { readonly outerHolds?: () => OuterHolds } & Partial<Omit<EventContext, 'commands'>> = {},
): EventContext {
  const { outerHolds = () => NO_OUTER_HOLDS, heartbeats = {}, presentSince = '' } = reads
  const commands = authorizedCommandsIn(event, line)
  return { commands: commands && { ...commands, outerHolds: outerHolds() }, heartbeats, presentSince }
}

function authorizedCommandsIn(event: Event, line: Line): Omit<AuthorizedCommands, 'outerHolds'> | null {
  const evidenceOf = (origin: CommandOrigin) =>
    ({ ...event.evidence, kind: 'command', id: commandOriginKey(origin) }) as const
  if (event.type === 'commands.received') {
    const { origin, issueNumber, onPullRequest, commands, sender: login, bot, at } = event
    if (!bot || !isAllowedBot(line, login)) return null
    return { origin, issueNumber, onPullRequest, commands, login, at, evidence: evidenceOf(origin), role: 'write' }
  }
  if (event.type !== 'question.answered') return null
  const { question, answer } = event
  if (question.about !== 'permission' || answer.about !== 'permission' || question.purpose.kind !== 'command')
    return null
  const { kind: _, ...given } = question.purpose
  return { ...given, login: question.login, evidence: evidenceOf(given.origin), role: answer.role }
}
