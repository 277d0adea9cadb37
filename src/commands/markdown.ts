// A comment as GitHub reads it. Structure decides whether a command fires, so structure may never be guessed; markup
// inside a line may, when a comment is made to be slow. Measured on comments of 65,536 characters: 20,000 nested
// asterisks take 30 s, 8,000 nested lists 12 s, 30,000 nested brackets 4 s; with these bounds nothing takes 2 s.

import { type Extension as Builder, type CompileContext, fromMarkdown, type Options } from 'mdast-util-from-markdown'
import { gfmFootnote } from 'micromark-extension-gfm-footnote'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'

export type Root = ReturnType<typeof fromMarkdown>
export type Node = Root['children'][number]
export type Paragraph = Extract<Node, { readonly type: 'paragraph' }>

/** The tree of a comment; null when no person wrote it: longer than GitHub allows, or nested beyond reading. */
export function readMarkdown(body: string): Root | null {
  if (body.length > LONGEST || nestedMarkers(body) > MOST_NESTED) return null
  return fromMarkdown(body, dialect(body))
}

// GitHub's limit is 65,536 code points.
const LONGEST = 2 * 65_536
const MOST_NESTED = 2_000
const MOST_MARKS = 1_000

/** List markers on lines that open more than two lists at once. */
function nestedMarkers(body: string): number {
  let nested = 0
  for (const [prefix] of body.matchAll(/^(?:[ \t>]{0,40}(?:[-+*]|\d{1,9}[.)])(?=[ \t])){3,}/gm)) {
    nested += prefix.replace(/[^-+*.)]/g, '').length
  }
  return nested
}

// Emphasis is left out: what is said loudly is said, and `2*3` on two lines is no emphasis to its author.
function dialect(body: string): Options {
  const off = countOf(body, /\[/g) > MOST_MARKS ? ['attention', 'labelEnd'] : ['attention']
  const extensions = [gfmTable(), gfmFootnote(), { disable: { null: off } }]
  if (countOf(body, /~+/g) <= MOST_MARKS) extensions.push(gfmStrikethrough())
  return { extensions, mdastExtensions: [OPAQUE] }
}

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
