// A page is Markdown with marked places: `<!-- table: NAME -->` … `<!-- /table -->` holds what `tables.ts` derives, and the
// fenced code after `<!-- quote: PATH: FIRST LINE -->` is copied from that file.
import { globSync } from 'node:fs'
import { quote } from './quote.ts'
import { TABLES } from './tables.ts'

const TABLE = /(<!-- table: (\S+) -->\n)[\s\S]*?(<!-- \/table -->)/g
const QUOTE = /(<!-- quote: (\S+): (.+) -->\n+```\w+\n)[\s\S]*?(^```$)/gm

/** Every page of the repository, from its root. */
export function pagePaths(): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', '.github/**/*.md']).sort()
}

/** The page with its tables and quotations as the source has them now; throws for a name that there is not. */
export function renderPage(path: string, text: string): string {
  return text
    .replaceAll(TABLE, (_, begin: string, name: string, end: string) => {
      const table = TABLES[name]
      if (table === undefined) throw new Error(`${path}: there is no table "${name}"`)
      return `${begin}\n${table()}\n\n${end}`
    })
    .replaceAll(QUOTE, (_, begin: string, source: string, firstLine: string, end: string) => {
      return `${begin}${quote(source, firstLine)}${end}`
    })
}
