// Which lines of a comment are said by its author, here, to us: those of a paragraph that stands by itself. Whatever is
// quoted, listed, linked, struck out, folded away, hidden or shown as code is spoken *about*, and never fires.

import { trackHtml } from './html-tracker.ts'
import { locateParagraph, type ParagraphLocation } from './locate-paragraph.ts'
import { disabledDelimiters, type Paragraph, parseMarkdown, type Root } from './markdown.ts'
import { isBlank, splitParagraphs } from './parse-cost.ts'
import { startsQuotedEmail } from './quoted-email.ts'

/** What a comment says to us; `too complex` when it would take too long to find out, with the first line that may be meant. */
export type CommandLines =
  | { readonly status: 'parsed'; readonly lines: readonly string[] }
  | { readonly status: 'too complex'; readonly line: string }

/** The lines that begin, at column 0 to 3 of a paragraph, with exactly `/andon` as a whole word. */
export function findCommandLines(body: string): CommandLines {
  const lines = body.split(/\r\n|\n|\r/)
  const line = lines.find(isCommandLine)
  if (line === undefined) return { status: 'parsed', lines: [] }
  const tree = parseMarkdown(relevantLines(lines))
  return tree === null ? { status: 'too complex', line } : { status: 'parsed', lines: commandLinesIn(tree, lines) }
}

/**
 * What stands after the paragraph of the last line that may be meant cannot make it a command or none: people put a long
 * log there. A bracket is the exception, because what makes it a link may be defined anywhere.
 */
function relevantLines(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex(isCommandLine)
  const end = lines.findIndex((line, index) => index > last && isBlank(line))
  const isLinked = splitParagraphs(lines).some((run) => run.includes('[') && run.split('\n').some(isCommandLine))
  return end < 0 || isLinked ? lines : lines.slice(0, end)
}

function isCommandLine(line: string): boolean {
  return /^ {0,3}\/andon(?:[ \t]|$)/i.test(line)
}

function commandLinesIn(tree: Root, lines: readonly string[]): readonly string[] {
  const found: string[] = []
  const elements = trackHtml()
  const disabled = disabledDelimiters(lines)
  let hiddenUntil = -1
  for (const node of tree.children) {
    if (node.type === 'html') elements.read(node.value)
    if (node.type !== 'paragraph') continue
    const paragraph = locateParagraph(node)
    // What precedes a line within its paragraph: `$$` that opened a formula, marks that opened what is not followed.
    let before = { formulas: 0, isDisabled: false }
    const formulas = countFormulaDelimiters(lines, paragraph)
    for (let line = paragraph.firstLine; line <= paragraph.lastLine; line++) {
      if (startsQuotedEmail(lines.slice(line, line + 12))) return found
      paragraph.readHtmlBefore(line, elements)
      const text = lines[line] ?? ''
      const isFormula = before.formulas % 2 === 1 && formulas > before.formulas
      const isMuted = line <= hiddenUntil || elements.isMuted() || isFormula || before.isDisabled
      if (isCommandLine(text) && !isMuted && paragraph.isPlainText(line, text.indexOf('/'))) found.push(text)
      before = {
        formulas: before.formulas + text.split('$$').length - 1,
        isDisabled: before.isDisabled || disabled.some((mark) => text.includes(mark)),
      }
    }
    paragraph.readHtmlBefore(paragraph.lastLine + 1, elements)
    hiddenUntil = Math.max(hiddenUntil, endOfHtmlComment(lines, paragraph, node))
  }
  return found
}

/** GitHub shows what stands between two `$$` of a paragraph as a formula. */
function countFormulaDelimiters(lines: readonly string[], { firstLine, lastLine }: ParagraphLocation): number {
  return (
    lines
      .slice(firstLine, lastLine + 1)
      .join('\n')
      .split('$$').length - 1
  )
}

/** A `<!--` in the middle of a line hides nothing on GitHub once a blank line follows, though its author meant it to. */
function endOfHtmlComment(lines: readonly string[], paragraph: ParagraphLocation, node: Paragraph): number {
  if (!node.children.some((child) => child.type === 'text' && child.value.includes('<!--'))) return -1
  return lines.findIndex((line, index) => index > paragraph.lastLine && line.includes('-->'))
}
