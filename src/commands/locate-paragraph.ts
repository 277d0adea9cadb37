// Where a paragraph is in a comment, and which of its characters are plain text. Lines and columns count from 0; callers
// ask for lines in order, so that a long paragraph is scanned once.
import type { HtmlTracker } from './html-tracker.ts'
import type { Node, Paragraph } from './markdown.ts'

export type ParagraphLocation = {
  readonly firstLine: number
  readonly lastLine: number
  /** Is this character text of the paragraph itself, not of a link, code or anything else within it? */
  isPlainText(line: number, column: number): boolean
  /** Passes on the HTML that begins before this line, once. */
  readHtmlBefore(line: number, elements: HtmlTracker): void
}

export function locateParagraph(node: Paragraph): ParagraphLocation {
  const html = htmlNodesIn(node)
  const texts = node.children.filter(({ type }) => type === 'text')
  let nextHtml = 0
  let nextText = 0
  return {
    firstLine: startOf(node).line,
    lastLine: endOf(node).line,
    isPlainText(line, column) {
      const at = { line, column }
      while (nextText < texts.length && !isBefore(at, endOf(texts[nextText]))) nextText += 1
      const text = texts[nextText]
      return text !== undefined && !isBefore(at, startOf(text))
    },
    readHtmlBefore(line, elements) {
      for (let next = html[nextHtml]; next !== undefined && next.line < line; next = html[nextHtml]) {
        elements.read(next.value)
        nextHtml += 1
      }
    },
  }
}

function htmlNodesIn(node: Node): readonly { line: number; value: string }[] {
  if (node.type === 'html') return [{ line: startOf(node).line, value: node.value }]
  return 'children' in node ? node.children.flatMap(htmlNodesIn) : []
}

type Point = { readonly line: number; readonly column: number }

function isBefore(a: Point, b: Point): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column)
}

function startOf(node: Node | undefined): Point {
  return toPoint(node?.position?.start)
}

function endOf(node: Node | undefined): Point {
  return toPoint(node?.position?.end)
}

// Line and column, not the offset: it leaves out a byte order mark.
function toPoint(at: Point | undefined): Point {
  return { line: (at?.line ?? 0) - 1, column: (at?.column ?? 0) - 1 }
}
