// Where a paragraph stands in a comment, and what of it is plain text. Lines and columns count from 0; lines are asked for in
// their order, so that a long paragraph is gone through once.
import type { Elements } from './html-tracker.ts'
import type { Node, Paragraph } from './markdown.ts'

export type Placed = {
  readonly first: number
  readonly last: number
  /** Is this character text of the paragraph itself, and not of a link, of code or of anything else within it? */
  isPlain(line: number, column: number): boolean
  /** Hands on the HTML that begins before this line, once. */
  readHtmlBefore(line: number, elements: Elements): void
}

export function placed(node: Paragraph): Placed {
  const html = htmlWithin(node)
  const texts = node.children.filter(({ type }) => type === 'text')
  let told = 0
  let passed = 0
  return {
    first: startOf(node).line,
    last: endOf(node).line,
    isPlain(line, column) {
      const at = { line, column }
      while (passed < texts.length && !isBefore(at, endOf(texts[passed]))) passed += 1
      const text = texts[passed]
      return text !== undefined && !isBefore(at, startOf(text))
    },
    readHtmlBefore(line, elements) {
      for (let next = html[told]; next !== undefined && next.line < line; next = html[told]) {
        elements.read(next.value)
        told += 1
      }
    },
  }
}

function htmlWithin(node: Node): readonly { line: number; value: string }[] {
  if (node.type === 'html') return [{ line: startOf(node).line, value: node.value }]
  return 'children' in node ? node.children.flatMap(htmlWithin) : []
}

type Point = { readonly line: number; readonly column: number }

function isBefore(a: Point, b: Point): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column)
}

function startOf(node: Node | undefined): Point {
  return point(node?.position?.start)
}

function endOf(node: Node | undefined): Point {
  return point(node?.position?.end)
}

// Line and column, not the offset: a byte order mark is left out of it.
function point(at: Point | undefined): Point {
  return { line: (at?.line ?? 0) - 1, column: (at?.column ?? 0) - 1 }
}
