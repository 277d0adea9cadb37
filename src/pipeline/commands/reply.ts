// Every comment with commands is answered once: by one reaction, and by a reply when there is something to say. What is
// said is decided here, with what came of the commands; what stands is looked up when the reply is written.
import { type Command, may } from '../../commands/commands.ts'
import { originKey } from '../model/command-origin.ts'
import { ASKED, type Heard, impossible, type Said } from '../model/command-result.ts'
import type { Effect, ReplyLine } from '../model/effects.ts'
import type { Given } from './authorized-commands.ts'
import { aroundAfter, saidAround } from './hold-or-release.ts'

/** What came of them in the line of one issue. */
export type HeardAt = { readonly issueNumber: number; readonly heard: readonly Heard[] }

/** The reaction and the reply. Whoever may not even read gets neither; of buttons the history tells: see buttons.ts. */
export function answersTo(given: Given, hearings: readonly HeardAt[]): readonly Effect[] {
  if (given.role === 'none' || given.origin.kind === 'check') return []
  const lines = linesOf(given, hearings)
  const isTrouble = lines.some(({ tells }) => tells === 'mistake' || tells === 'no leave' || tells === 'impossible')
  const isTold = lines.some(({ tells }) => tells !== 'done')
  return [reaction(given, given.origin.id, isTrouble ? 'confused' : 'eyes'), ...(isTold ? [reply(given, lines)] : [])]
}

function reaction({ origin, role }: Given, commentId: number, content: 'eyes' | 'confused'): Effect {
  const key = `react/${originKey(origin)}/${content}`
  return { type: 'react', key, commentId, content, mayWrite: may(role, 'start') }
}

function reply({ origin, issueNumber, speaker: { by }, role }: Given, lines: readonly ReplyLine[]): Effect {
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

function linesOf(given: Given, hearings: readonly HeardAt[]): readonly ReplyLine[] {
  const heardAt = hearings.length > 0 ? hearings : [{ issueNumber: null, heard: unheard(given) }]
  const lines = given.commands.flatMap((_, nth) =>
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
function unheard({ commands, role, onPullRequest, speaker, around }: Given): readonly Heard[] {
  return commands.map((command, nth) => {
    if (command.verb === null || !may(role, command.verb)) return { command, said: null }
    const known = aroundAfter(around, commands.slice(0, nth), speaker)
    return { command, said: saidAround(command, speaker, known) ?? nowhere(command, onPullRequest) }
  })
}

function nowhere({ verb }: Command, onPullRequest: boolean): Said {
  if (verb === 'help') return ASKED
  if (onPullRequest) {
    return impossible(
      'this pull request belongs to no issue on the line: let its description close one (“fixes” and its number), or write on the issue',
    )
  }
  return impossible('this issue is not on the line', ['/andon start'])
}
