// Which lines of a comment are said by its author, here, to us: those of a paragraph that stands by itself. Whatever is
// quoted, listed, linked, struck out, folded away, hidden or shown as code is spoken *about*, and never fires.

import { followElements } from './html-tracker.ts'
import { type Placed, placed } from './locate-paragraph.ts'
import { notFollowed, type Paragraph, type Root, readMarkdown } from './markdown.ts'
import { isBlank, paragraphs } from './parse-cost.ts'
import { beginsTrailer } from './quoted-email.ts'

/** What a comment says to us; `unread` when it would take too long to find out, with the first line that may be meant. */
export type Spoken =
  | { readonly is: 'read'; readonly lines: readonly string[] }
  | { readonly is: 'unread'; readonly line: string }

/** The lines that begin, at column 0 to 3 of a paragraph, with exactly `/andon` as a whole word. */
export function spokenLines(body: string): Spoken {
  const lines = body.split(/\r\n|\n|\r/)
  const line = lines.find(addressesUs)
  if (line === undefined) return { is: 'read', lines: [] }
  const tree = readMarkdown(whatMatters(lines))
  return tree === null ? { is: 'unread', line } : { is: 'read', lines: spoken(tree, lines) }
}

/**
 * What stands after the paragraph of the last line that may be meant cannot make it a command or none: people put a long
 * log there. A bracket is the exception, because what makes it a link may be defined anywhere.
 */
function whatMatters(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex(addressesUs)
  const end = lines.findIndex((line, index) => index > last && isBlank(line))
  const isLinked = paragraphs(lines).some((run) => run.includes('[') && run.split('\n').some(addressesUs))
  return end < 0 || isLinked ? lines : lines.slice(0, end)
}

function addressesUs(line: string): boolean {
  return /^ {0,3}\/andon(?:[ \t]|$)/i.test(line)
}

function spoken(tree: Root, lines: readonly string[]): readonly string[] {
  const said: string[] = []
  const elements = followElements()
  const lost = notFollowed(lines)
  let hiddenTo = -1
  for (const node of tree.children) {
    if (node.type === 'html') elements.read(node.value)
    if (node.type !== 'paragraph') continue
    const paragraph = placed(node)
    // What precedes a line within its paragraph: `$$` that opened a formula, marks that opened what is not followed.
    let before = { formulas: 0, isLost: false }
    const formulas = formulasIn(lines, paragraph)
    for (let line = paragraph.first; line <= paragraph.last; line++) {
      if (beginsTrailer(lines.slice(line, line + 12))) return said
      paragraph.readHtmlBefore(line, elements)
      const text = lines[line] ?? ''
      const isFormula = before.formulas % 2 === 1 && formulas > before.formulas
      const isSilent = line <= hiddenTo || elements.inside() || isFormula || before.isLost
      if (addressesUs(text) && !isSilent && paragraph.isPlain(line, text.indexOf('/'))) said.push(text)
      before = {
        formulas: before.formulas + text.split('$$').length - 1,
        isLost: before.isLost || lost.some((mark) => text.includes(mark)),
      }
    }
    paragraph.readHtmlBefore(paragraph.last + 1, elements)
    hiddenTo = Math.max(hiddenTo, endOfHidden(lines, paragraph, node))
  }
  return said
}

/** GitHub shows what stands between two `$$` of a paragraph as a formula. */
function formulasIn(lines: readonly string[], { first, last }: Placed): number {
  return (
    lines
      .slice(first, last + 1)
      .join('\n')
      .split('$$').length - 1
  )
}

/** A `<!--` in the middle of a line hides nothing on GitHub once a blank line follows, though its author meant it to. */
function endOfHidden(lines: readonly string[], paragraph: Placed, node: Paragraph): number {
  if (!node.children.some((child) => child.type === 'text' && child.value.includes('<!--'))) return -1
  return lines.findIndex((line, index) => index > paragraph.last && line.includes('-->'))
}
