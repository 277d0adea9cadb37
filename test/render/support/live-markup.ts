// Finds live markup in text that strangers wrote: in Markdown, as GitHub reads it, and in HTML.
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmTable } from 'micromark-extension-gfm-table'

export const MENTION = /(?<![\w`])@(?=[a-z\d])/gi
// Scripts and emoji use the joiners; the zero-width spaces are our own.
export const CONTROLS = /(?![\u200b\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu

export function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** The text that GitHub's filters see, the shape of the tables, and all live markup. */
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

/** Everything in a page that a browser takes for a tag, and the text that it shows between tags. */
export function liveHtmlOf(html: string): { tags: string; words: string } {
  const between = html.replace(/<[^>]*>?/g, '')
  const words = between.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
  // A mistake in a file is shown with code between backticks, so the number of code tags varies.
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
