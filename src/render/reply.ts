// One comment that answers commands, also those of several comments at once.
import { helpFor } from '../commands/help.ts'
import { explainInvalidCommand } from '../commands/invalid-commands.ts'
import type { ReplyEffect, ReplyItem } from '../pipeline/model/effects.ts'
import { describeCommandAnswer } from './command-result.ts'
import { codeSpan, escapeInline } from './sanitize.ts'
import { renderStatusTable, renderWhyTable, type StatusView } from './status-view.ts'
import { MAX_COMMENT, truncateMarkdown } from './sticky-comment.ts'

/** Identifies the answer to one comment within any reply. Trusted only in a comment that we wrote. */
export function replyMarker(origin: string): string {
  return `<!-- andon:v1 reply/${origin} -->`
}

/** The whole reply. `statusViewOf` returns the present state of an issue; null when the issue is not on the line. */
export function renderReply(
  replies: readonly Pick<ReplyEffect, 'origin' | 'login' | 'mayWrite' | 'items'>[],
  o: { readonly pageUrl: string; readonly statusViewOf: (issueNumber: number) => StatusView | null },
): string {
  const markers = replies.map(({ origin }) => replyMarker(origin))
  const paragraphs = new Map<string, string[]>()
  for (const { login, mayWrite, items } of replies) {
    for (const item of items) {
      const text = renderReplyItem(item, mayWrite, o.statusViewOf)
      // Two people who ask the same get one answer, with both names.
      paragraphs.set(text, [
        ...(paragraphs.get(text) ?? []),
        `${codeSpan(item.text, MAX_COMMAND)} (${escapeInline(login)})`,
      ])
    }
  }
  const answers = [...paragraphs].map(([text, senders]) => `${[...new Set(senders)].join(', ')}:${text}`)
  return truncateMarkdown(`${markers.join('\n')}\n${answers.join('\n\n')}\n`, MAX_COMMENT, o.pageUrl)
}

const MAX_COMMAND = 120
const MAX_REASON = 600

function renderReplyItem(
  item: ReplyItem,
  mayWrite: boolean,
  statusViewOf: (issueNumber: number) => StatusView | null,
): string {
  switch (item.kind) {
    case 'done':
    case 'already':
    case 'impossible': {
      const { message, suggestions } = describeCommandAnswer({ outcome: item.kind, answer: item.answer })
      return ` ${OUTCOME_LABELS[item.kind]} – ${escapeInline(message, MAX_REASON)}.${suggestedCommands(suggestions)}`
    }
    case 'mistake':
      return ` ${explainInvalidCommand(item.mistake)}`
    case 'no-permission':
      return ' this needs write permission on the repository.'
    case 'ignored-in-email':
      return ' **ignored** – this comment came by e-mail, in which only the first paragraph counts.'
    case 'help':
      return `\n\n${helpFor(mayWrite ? 'write' : 'read')}`
    case 'status':
    case 'why': {
      const view = item.issueNumber === null ? null : statusViewOf(item.issueNumber)
      if (view === null) return ' this issue is not on the line.'
      return `\n\n${item.kind === 'status' ? renderStatusTable(view) : renderWhyTable(view)}`
    }
  }
}

const OUTCOME_LABELS = { done: '**done**', already: '**nothing to do**', impossible: '**not done**' } as const

function suggestedCommands(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : ` Type ${suggestions.map((text) => codeSpan(text)).join(' or ')}.`
}
