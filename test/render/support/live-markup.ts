// What makes text of strangers more than text: in Markdown, as GitHub reads it, and in HTML.
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmTable } from 'micromark-extension-gfm-table'

export const MENTION = /(?<![\w`])@(?=[a-z\d])/gi
// The joiners are letters of scripts and of emoji; our own breaks are zero-width spaces.
export const CONTROLS = /(?![\u200b\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu

export function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** What GitHub's filters see as text, the shape of the tables, and everything live in it. */
export function liveMarkdownOf(markdown: string): { text: string; tables: string; live: string } {
  const text: string[] = []
  const live: string[] = []
  const walk = (node: Node) => {
    if (node.type === 'text') text.push(node.value ?? '')
    if (node.type === 'html') live.push(node.value ?? '')
    if (node.url !== undefined) live.push(node.url)
    node.children?.forEach(walk)
  }
  walk(fromMarkdown(markdown) as Node)
  const table = { extensions: [gfmTable()], mdastExtensions: [TABLE] }
  const rows: number[] = []
  const cells = (node: Node) => {
    if (node.type === 'tableRow') rows.push(node.children?.length ?? 0)
    node.children?.forEach(cells)
  }
  cells(fromMarkdown(markdown, table) as Node)
  return { text: text.join('\n'), tables: rows.join(), live: live.join('\n') }
}

/** Everything in a page that a browser would take for a tag, whole, and what it would show between them. */
export function liveHtmlOf(html: string): { tags: string; words: string } {
  const between = html.replace(/<[^>]*>?/g, '')
  const words = between.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
  // Where a mistake in a file is told, whatever stands between backticks is drawn as code.
  const tags = (html.match(/<[^>]*>?/g) ?? []).filter((tag) => tag !== '<code>' && tag !== '</code>')
  return { tags: tags.join(''), words }
}

type Node = { type: string; value?: string; url?: string; children?: Node[] }

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function enter(type: 'table' | 'tableRow' | 'tableCell') {
  return function (this: { enter(node: object, token: object): void }, token: object) {
    this.enter({ type, children: [] }, token)
  }
}

function exit(this: { exit(token: object): void }, token: object) {
  this.exit(token)
}

const TABLE = {
  enter: {
    table: enter('table'),
    tableRow: enter('tableRow'),
    tableHeader: enter('tableCell'),
    tableData: enter('tableCell'),
  },
  exit: { table: exit, tableRow: exit, tableHeader: exit, tableData: exit },
} as never
