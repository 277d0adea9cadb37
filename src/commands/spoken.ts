// Which lines of a comment are said by its author, here, to us: those of a paragraph that stands by itself. Whatever is
// quoted, listed, linked, struck out, folded away, hidden or shown as code is spoken *about*, and never fires.

import { type Elements, followElements } from './elements.ts'
import { type Node, type Paragraph, type Root, readMarkdown } from './markdown.ts'
import { beginsTrailer } from './trailers.ts'

/** The lines that begin, at column 0 to 3 of a paragraph, with exactly `/andon` as a whole word. Line numbers count from 0. */
export function spokenLines(body: string): readonly string[] {
  const lines = body.split(/\r\n|\n|\r/)
  if (!lines.some(addressesUs)) return []
  const tree = readMarkdown(body, lines)
  return tree === null ? [] : spoken(tree, lines)
}

function addressesUs(line: string): boolean {
  return /^ {0,3}\/andon(?:[ \t]|$)/i.test(line)
}

function spoken(tree: Root, lines: readonly string[]): readonly string[] {
  const said: string[] = []
  const elements = followElements()
  let hiddenTo = -1
  for (const node of tree.children) {
    if (node.type === 'html') elements.read(node.value)
    if (node.type !== 'paragraph') continue
    const paragraph = placed(node)
    for (let line = paragraph.first; line <= paragraph.last; line++) {
      if (beginsTrailer(lines.slice(line, line + 12))) return said
      paragraph.readHtmlBefore(line, elements)
      const text = lines[line] ?? ''
      if (line <= hiddenTo || elements.inside() || !addressesUs(text)) continue
      if (paragraph.isPlain(line, text.indexOf('/')) && !inFormula(lines, paragraph, line)) said.push(text)
    }
    paragraph.readHtmlBefore(paragraph.last + 1, elements)
    hiddenTo = Math.max(hiddenTo, endOfHidden(lines, paragraph, node))
  }
  return said
}

type Placed = {
  readonly first: number
  readonly last: number
  /** Is this character text of the paragraph itself, and not of a link, of code or of anything else within it? */
  isPlain(line: number, column: number): boolean
  /** Hands on the HTML that begins before this line, once. */
  readHtmlBefore(line: number, elements: Elements): void
}

function placed(node: Paragraph): Placed {
  const html = htmlWithin(node)
  return {
    first: startOf(node).line,
    last: endOf(node).line,
    isPlain: (line, column) =>
      node.children.some((child) => child.type === 'text' && covers(startOf(child), endOf(child), line, column)),
    readHtmlBefore(line, elements) {
      while (html[0] !== undefined && html[0].line < line) elements.read(html.shift()?.value ?? '')
    },
  }
}

function htmlWithin(node: Node): { line: number; value: string }[] {
  if (node.type === 'html') return [{ line: startOf(node).line, value: node.value }]
  return 'children' in node ? node.children.flatMap(htmlWithin) : []
}

type Point = { readonly line: number; readonly column: number }

function startOf(node: Node): Point {
  return point(node.position?.start)
}

function endOf(node: Node): Point {
  return point(node.position?.end)
}

// Line and column, not the offset: a byte order mark is left out of it.
function point(at: Point | undefined): Point {
  return { line: (at?.line ?? 0) - 1, column: (at?.column ?? 0) - 1 }
}

function covers(start: Point, end: Point, line: number, column: number): boolean {
  const begun = line > start.line || (line === start.line && column >= start.column)
  return begun && (line < end.line || (line === end.line && column < end.column))
}

/** GitHub shows what stands between two `$$` of a paragraph as a formula. */
function inFormula(lines: readonly string[], paragraph: Placed, line: number): boolean {
  const fences = (from: number, to: number) => lines.slice(from, to).join('\n').split('$$').length - 1
  return fences(paragraph.first, line) % 2 === 1 && fences(line, paragraph.last + 1) > 0
}

/** A `<!--` in the middle of a line hides nothing on GitHub once a blank line follows, though its author meant it to. */
function endOfHidden(lines: readonly string[], paragraph: Placed, node: Paragraph): number {
  if (!node.children.some((child) => child.type === 'text' && child.value.includes('<!--'))) return -1
  return lines.findIndex((line, index) => index > paragraph.last && line.includes('-->'))
}
