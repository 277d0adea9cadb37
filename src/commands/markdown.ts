// Parses a comment as GitHub does.
import { type Extension as Builder, type CompileContext, fromMarkdown, type Options } from 'mdast-util-from-markdown'
import { gfmFootnote } from 'micromark-extension-gfm-footnote'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'
import { isTooComplex } from './parse-cost.ts'

type Extension = ReturnType<typeof gfmFootnote>

export type Root = ReturnType<typeof fromMarkdown>
export type Node = Root['children'][number]
export type Paragraph = Extract<Node, { readonly type: 'paragraph' }>

/** The syntax tree of a comment; null if parsing would take too long. */
export function parseMarkdown(lines: readonly string[]): Root | null {
  return isTooComplex(lines) ? null : fromMarkdown(lines.join('\n'), githubFlavored(disabledDelimiters(lines)))
}

/** The delimiters that are not parsed in this comment because there are too many: those of links and of struck-out text. */
export function disabledDelimiters(lines: readonly string[]): readonly string[] {
  const candidates: readonly (readonly [string, RegExp])[] = [
    ['[', /[[\]]/g],
    ['~', /~+/g],
  ]
  return candidates.filter(([, marks]) => countMatches(lines, marks) > MAX_DELIMITERS).map(([mark]) => mark)
}

// 30,000 closing brackets took 30 s.
const MAX_DELIMITERS = 1_000

// Emphasis is not parsed: a command inside it is still a command, and `2*3` on two lines is seldom meant as emphasis.
function githubFlavored(off: readonly string[]): Options {
  const disabled = off.includes('[') ? ['attention', 'labelEnd'] : ['attention']
  const extensions: Extension[] = [gfmTable(), FOOTNOTE_DEFINITIONS, { disable: { null: disabled } }]
  if (!off.includes('~')) extensions.push(gfmStrikethrough())
  return { extensions, mdastExtensions: [OPAQUE_NODES] }
}

// References to footnotes do not matter here, and finding them takes time.
const FOOTNOTE_DEFINITIONS: Extension = { document: gfmFootnote().document ?? {} }

function countMatches(lines: readonly string[], pattern: RegExp): number {
  return lines.reduce((sum, line) => sum + (line.match(pattern)?.length ?? 0), 0)
}

// Of GitHub's additions to CommonMark, only where they begin and end matters here.
const OPAQUE_NODES: Builder = {
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
  exit: { table: exitNode, gfmFootnoteDefinition: exitNode, strikethrough: exitNode },
}

function exitNode(this: CompileContext, token: Parameters<CompileContext['exit']>[0]): undefined {
  this.exit(token)
}
