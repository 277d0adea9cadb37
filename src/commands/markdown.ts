// A comment as GitHub reads it. Structure decides whether a command fires, so structure may never be guessed; but some
// structures take the parser quadratic time. Measured on comments of 65,536 characters: 10,000 lists that begin in
// lists 50 s, 65,000 quotes in one line 70 s, 30,000 closing brackets 30 s; with these bounds, nothing above 4 s on the
// same busy machine.

import { type Extension as Builder, type CompileContext, fromMarkdown, type Options } from 'mdast-util-from-markdown'
import { gfmFootnote } from 'micromark-extension-gfm-footnote'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'

type Extension = ReturnType<typeof gfmFootnote>

export type Root = ReturnType<typeof fromMarkdown>
export type Node = Root['children'][number]
export type Paragraph = Extract<Node, { readonly type: 'paragraph' }>

/** The tree of a comment; null when no person wrote it: longer than GitHub allows, or nested beyond reading. */
export function readMarkdown(body: string, lines: readonly string[]): Root | null {
  if (body.length > LONGEST || isTangled(lines)) return null
  return fromMarkdown(body, dialect(body))
}

// GitHub's limit is 65,536 code points.
const LONGEST = 2 * 65_536
const DEEPEST = 100
const MOST_NESTED = 1_000
const MOST_MARKS = 1_000

/** Is a line nested too deep, or do too many lines open something inside a list item? */
function isTangled(lines: readonly string[]): boolean {
  let nested = 0
  for (const line of lines) {
    const markers = containersOf(line)
    if (markers.length > DEEPEST) return true
    if (markers.slice(0, -1).some((marker) => marker !== '>')) nested += 1
  }
  return nested > MOST_NESTED
}

function containersOf(line: string): readonly string[] {
  const markers: string[] = []
  const next = /[ \t]*(>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))/y
  for (let found = next.exec(line); found !== null && markers.length <= DEEPEST; found = next.exec(line)) {
    markers.push(found[1] ?? '')
  }
  return markers
}

// Emphasis is left out: what is said loudly is said, and `2*3` on two lines is no emphasis to its author.
function dialect(body: string): Options {
  const off = countOf(body, /[[\]]/g) > MOST_MARKS ? ['attention', 'labelEnd'] : ['attention']
  const extensions: Extension[] = [gfmTable(), FOOTNOTES, { disable: { null: off } }]
  if (countOf(body, /~+/g) <= MOST_MARKS) extensions.push(gfmStrikethrough())
  return { extensions, mdastExtensions: [OPAQUE] }
}

// Where a footnote is mentioned does not matter, and looking for it takes time.
const FOOTNOTES: Extension = { document: gfmFootnote().document ?? {} }

function countOf(body: string, pattern: RegExp): number {
  return body.match(pattern)?.length ?? 0
}

// What GitHub adds to CommonMark matters here only by where it begins and ends.
const OPAQUE: Builder = {
  enter: {
    table(token) {
      this.enter({ type: 'table', children: [] }, token)
    },
    gfmFootnoteDefinition(token) {
      this.enter({ type: 'footnoteDefinition', identifier: '', children: [] }, token)
    },
    strikethrough(token) {
      this.enter({ type: 'delete', children: [] }, token)
    },
  },
  exit: { table: leave, gfmFootnoteDefinition: leave, strikethrough: leave },
}

function leave(this: CompileContext, token: Parameters<CompileContext['exit']>[0]): undefined {
  this.exit(token)
}
