// Commands whose sender's permission is known. It is decided here, once, when their event comes through the door: for a
// bot that the repository's file names at once, for a person when GitHub has answered.
import type { Line } from '../../line/line.ts'
import { NO_OUTER_HOLDS } from '../holds/holds.ts'
import { type CommandOrigin, commandOriginKey } from '../model/command-origin.ts'
import type { CommandResult } from '../model/command-result.ts'
import type { GivenCommands, Role } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import type { Evidence } from '../model/evidence.ts'
import type { OuterHolds } from '../model/hold.ts'
import { isAllowedBot } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

/** Commands as they were given, by whom, and what their sender may. */
export type AuthorizedCommands = GivenCommands & {
  readonly login: string
  readonly at: Instant
  readonly evidence: Evidence
  readonly role: Role
  /** What was held around the pipelines when they came. */
  readonly outerHolds: OuterHolds
}

/** One of them, as it is run: `<origin>/<nth>` names it for ever. */
export type CommandContext = Omit<AuthorizedCommands, 'commands'> & {
  readonly id: string
  /** When it is run: GitHub was asked in between. */
  readonly now: Instant
  /** It is by the permission for this command that the line begins. */
  readonly startsPipeline: boolean
}

/** What became of a pipeline, and what is answered. */
export type Ran = { readonly pipeline: Pipeline; readonly result: CommandResult }

/** What the door knows beside an event. */
export type EventContext = {
  /** What the event commands; null when nothing, or when GitHub is yet to be asked about the sender. */
  readonly commands: AuthorizedCommands | null
  /** Of an answer about a run, the latest beat of each attempt, by key. */
  readonly heartbeats: Readonly<Record<string, Instant>>
}

export const NO_CONTEXT: EventContext = { commands: null, heartbeats: {} }

/** `line` is what the repository's file says at present: a pipeline's own line may be older. */
export function contextOf(
  event: Event,
  line: Line,
  { outerHolds = () => NO_OUTER_HOLDS, heartbeats = {} }: Partial<ContextReads> = {},
): EventContext {
  const commands = authorizedCommandsIn(event, line)
  return { commands: commands && { ...commands, outerHolds: outerHolds() }, heartbeats }
}

type ContextReads = { readonly outerHolds: () => OuterHolds; readonly heartbeats: EventContext['heartbeats'] }

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
