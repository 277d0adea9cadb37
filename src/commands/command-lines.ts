// Finds the lines of a comment that are commands: only the lines of a top-level paragraph can be. Text that is quoted,
// listed, linked, struck out, folded away, hidden or shown as code only mentions a command, and never fires.

import { trackHtml } from './html-tracker.ts'
import { locateParagraph, type ParagraphLocation } from './locate-paragraph.ts'
import { disabledDelimiters, type Paragraph, parseMarkdown, type Root } from './markdown.ts'
import { isBlank, splitParagraphs } from './parse-cost.ts'
import { startsQuotedEmail } from './quoted-email.ts'

/** The command lines of a comment; `too complex` if parsing it would take too long, with the first line that may be one. */
export type CommandLines =
  | { readonly status: 'parsed'; readonly lines: readonly CommandLine[] }
  | { readonly status: 'too complex'; readonly line: CommandLine }

/** `index` is the number of the line in the comment, from 0. */
export type CommandLine = { readonly text: string; readonly index: number }

/** The lines of a paragraph that start, at column 0 to 3, with exactly `/andon` as a whole word. */
export function findCommandLines(body: string): CommandLines {
  const lines = body.split(/\r\n|\n|\r/)
  const index = lines.findIndex(isCommandLine)
  const text = lines[index]
  if (text === undefined) return { status: 'parsed', lines: [] }
  const tree = parseMarkdown(relevantLines(lines))
  return tree === null
    ? { status: 'too complex', line: { text, index } }
    : { status: 'parsed', lines: commandLinesIn(tree, lines) }
}

/**
 * Drops what follows the paragraph of the last possible command, often a long log: it cannot change what fires. A bracket
 * is the exception, because the definition that makes it a link may be anywhere.
 */
function relevantLines(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex(isCommandLine)
  const end = lines.findIndex((line, index) => index > last && isBlank(line))
  const isLinked = splitParagraphs(lines).some(
    (paragraph) => paragraph.includes('[') && paragraph.split('\n').some(isCommandLine),
  )
  return end < 0 || isLinked ? lines : lines.slice(0, end)
}

function isCommandLine(line: string): boolean {
  return /^ {0,3}\/andon(?:[ \t]|$)/i.test(line)
}

function commandLinesIn(tree: Root, lines: readonly string[]): readonly CommandLine[] {
  const found: CommandLine[] = []
  const elements = trackHtml()
  const disabled = disabledDelimiters(lines)
  let hiddenUntil = -1
  for (const node of tree.children) {
    if (node.type === 'html') elements.read(node.value)
    if (node.type !== 'paragraph') continue
    const paragraph = locateParagraph(node)
    // What precedes a line in its paragraph: the `$$` of formulas, and delimiters that are too many to be parsed.
    let before = { formulas: 0, isDisabled: false }
    const formulas = countFormulaDelimiters(lines, paragraph)
    for (let line = paragraph.firstLine; line <= paragraph.lastLine; line++) {
      if (startsQuotedEmail(lines.slice(line, line + 12))) return found
      paragraph.readHtmlBefore(line, elements)
      const text = lines[line] ?? ''
      const isFormula = before.formulas % 2 === 1 && formulas > before.formulas
      const isMuted = line <= hiddenUntil || elements.isMuted() || isFormula || before.isDisabled
      if (isCommandLine(text) && !isMuted && paragraph.isPlainText(line, text.indexOf('/')))
        found.push({ text, index: line })
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

/** GitHub renders the text between two `$$` of a paragraph as a formula. */
function countFormulaDelimiters(lines: readonly string[], { firstLine, lastLine }: ParagraphLocation): number {
  return (
    lines
      .slice(firstLine, lastLine + 1)
      .join('\n')
      .split('$$').length - 1
  )
}

/** GitHub shows what follows a `<!--` in the middle of a line once a blank line comes, but its author meant to hide it. */
function endOfHtmlComment(lines: readonly string[], paragraph: ParagraphLocation, node: Paragraph): number {
  if (!node.children.some((child) => child.type === 'text' && child.value.includes('<!--'))) return -1
  return lines.findIndex((line, index) => index > paragraph.lastLine && line.includes('-->'))
}
