// One comment that answers commands, perhaps those of several comments at once.
import { help } from '../commands/help.ts'
import { sentence } from '../commands/invalid-commands.ts'
import type { ReplyEffect, ReplyLine } from '../pipeline/model/effects.ts'
import { code, inline } from './sanitize.ts'
import { type Sight, statusTable, whyTable } from './status-view.ts'
import { LONGEST_COMMENT, within } from './sticky-comment.ts'

/** Finds the answer to a comment again, in whichever reply it was given. Trusted only in a comment that we wrote. */
export function replyMarker(origin: string): string {
  return `<!-- andon:v1 reply/${origin} -->`
}

/** The reply, whole. `sightOf` tells how the line of an issue stands now; null where there is none. */
export function replyTo(
  replies: readonly Pick<ReplyEffect, 'origin' | 'by' | 'mayWrite' | 'lines'>[],
  o: { readonly pageUrl: string; readonly sightOf: (issueNumber: number) => Sight | null },
): string {
  const markers = replies.map(({ origin }) => replyMarker(origin))
  const paragraphs = new Map<string, string[]>()
  for (const { by, mayWrite, lines } of replies) {
    for (const line of lines) {
      const told = tellLine(line, mayWrite, o.sightOf)
      // What is asked twice is answered once, to both.
      paragraphs.set(told, [...(paragraphs.get(told) ?? []), `${code(line.text, LONGEST_COMMAND)} (${inline(by)})`])
    }
  }
  const told = [...paragraphs].map(([words, askers]) => `${[...new Set(askers)].join(', ')}:${words}`)
  return within(`${markers.join('\n')}\n${told.join('\n\n')}\n`, LONGEST_COMMENT, o.pageUrl)
}

const LONGEST_COMMAND = 120
const LONGEST_WORDS = 600

function tellLine(line: ReplyLine, mayWrite: boolean, sightOf: (issueNumber: number) => Sight | null): string {
  switch (line.tells) {
    case 'done':
    case 'already':
    case 'impossible':
      return ` ${OUTCOMES[line.tells]} – ${inline(line.words, LONGEST_WORDS)}.${nextSteps(line.next)}`
    case 'mistake':
      return ` ${sentence(line.mistake)}`
    case 'no leave':
      return ' that takes permission to write to this repository.'
    case 'help':
      return `\n\n${help(mayWrite ? 'write' : 'read')}`
    case 'status':
    case 'why': {
      const sight = line.issueNumber === null ? null : sightOf(line.issueNumber)
      if (sight === null) return ' this issue is not on the line.'
      return `\n\n${line.tells === 'status' ? statusTable(sight) : whyTable(sight)}`
    }
  }
}

const OUTCOMES = { done: '**done**', already: '**nothing to do**', impossible: '**not done**' } as const

function nextSteps(next: readonly string[]): string {
  return next.length === 0 ? '' : ` Type ${next.map((text) => code(text)).join(' or ')}.`
}
