// Every comment with commands is answered once: by one reaction, and by a reply when there is something to say. What is
// said is decided here, with what came of the commands; what stands is looked up when the reply is written.
import { type Command, type Mistake, may } from '../commands/commands.ts'
import type { Heard } from './command-events.ts'
import type { Around } from './cord.ts'
import type { Effect, ReplyLine, Role } from './effects.ts'
import { type Origin, originKey } from './events.ts'
import { aroundAfter, type Speaker, saidAround } from './obey-cord.ts'
import { impossible, type Said } from './said.ts'

/** Commands as they were given, and what GitHub said that their sender may. */
export type Giving = {
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

/** What came of them in the line of one issue. */
export type HeardAt = { readonly issueNumber: number; readonly heard: readonly Heard[] }

/** The reaction and the reply. Whoever may not even read gets neither; of buttons the history tells: see buttons.ts. */
export function answersTo(giving: Giving, hearings: readonly HeardAt[]): readonly Effect[] {
  if (giving.role === 'none' || giving.origin.kind === 'check') return []
  const lines = linesOf(giving, hearings)
  const isTrouble = lines.some(({ tells }) => tells === 'mistake' || tells === 'no leave' || tells === 'impossible')
  const isTold = lines.some(({ tells }) => tells !== 'done')
  return [
    reaction(giving, giving.origin.id, isTrouble ? 'confused' : 'eyes'),
    ...(isTold ? [reply(giving, lines)] : []),
  ]
}

function reaction({ origin, role }: Giving, commentId: number, content: 'eyes' | 'confused'): Effect {
  const key = `react/${originKey(origin)}/${content}`
  return { type: 'react', key, commentId, content, mayWrite: may(role, 'start') }
}

function reply({ origin, issueNumber, speaker: { by }, role }: Giving, lines: readonly ReplyLine[]): Effect {
  const mayWrite = may(role, 'start')
  return {
    type: 'reply',
    key: `reply/${originKey(origin)}`,
    origin: originKey(origin),
    issueNumber,
    by,
    mayWrite,
    lines,
  }
}

function linesOf(giving: Giving, hearings: readonly HeardAt[]): readonly ReplyLine[] {
  const heardAt = hearings.length > 0 ? hearings : [{ issueNumber: null, heard: unheard(giving) }]
  const lines = giving.commands.flatMap((_, nth) =>
    heardAt.flatMap(({ issueNumber, heard }) => (heard[nth] === undefined ? [] : [lineOf(heard[nth], issueNumber)])),
  )
  // One sentence is enough for all that somebody may not do.
  const refused = lines.findIndex(({ tells }) => tells === 'no leave')
  return lines.filter(({ tells }, place) => tells !== 'no leave' || place === refused)
}

function lineOf({ command, said }: Heard, issueNumber: number | null): ReplyLine {
  const { text } = command
  if (command.verb === null) return { tells: 'mistake', text, mistake: command }
  if (said === null) return { tells: 'no leave', text }
  const { outcome, words, next } = said
  if (outcome !== 'asked') return { tells: outcome, text, issueNumber, words, next }
  if (command.verb === 'status' || command.verb === 'why') return { tells: command.verb, text, issueNumber }
  return { tells: 'help', text }
}

/** What commands come to where no line hears them. */
function unheard({ commands, role, onPullRequest, speaker, around }: Giving): readonly Heard[] {
  return commands.map((command, nth) => {
    if (command.verb === null || !may(role, command.verb)) return { command, said: null }
    const known = aroundAfter(around, commands.slice(0, nth), speaker)
    return { command, said: saidAround(command, speaker, known) ?? nowhere(command, onPullRequest) }
  })
}

function nowhere({ verb }: Command, onPullRequest: boolean): Said {
  if (verb === 'help') return { outcome: 'asked', words: '', next: [] }
  if (onPullRequest) {
    return impossible(
      'this pull request belongs to no issue on the line: let its description close one (“fixes” and its number), or write on the issue',
    )
  }
  return impossible('this issue is not on the line', ['/andon start'])
}
