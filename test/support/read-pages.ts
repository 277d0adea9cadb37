// What a reader sees on pages, in metrics and on badges, taken from what the server sends.
import type { Health, Light } from '../../src/pipeline/model/pipeline.ts'
import { HEALTH_WORDS } from '../../src/render/labels.ts'

/** One row as a page shows it. */
export type PageRow = {
  readonly repository: string
  readonly issue: number
  readonly light: Light
  readonly health: Health
  /** It stands under the heading *Needs you*. */
  readonly needsYou: boolean
}

export type PageHead = {
  readonly verdict: string
  readonly why: string
  /** The numerals. Of what there is none, some are not shown. */
  readonly counts: Readonly<Record<string, number>>
}

/** The head of a board's page. */
export function readHead(html: string): PageHead {
  const [, verdict = '', why = ''] = /data-verdict="([\w-]+)">.*?<span class="why">([^<]*)<\/span>/.exec(html) ?? []
  const lights = [...html.matchAll(/<li class="count is-(\w+)[^>]*><b>(\d+)<\/b>/g)]
  const needsYou = /data-needs-you="(\d+)"><b>(\d+)<\/b>/.exec(html)
  if (needsYou?.[1] !== needsYou?.[2]) throw new Error(`two numbers need you: ${needsYou?.[0]}`)
  const counts = [['needsYou', needsYou?.[1]], ...lights.map(([, light, count]) => [light, count])]
  return { verdict, why, counts: Object.fromEntries(counts.map(([name, count]) => [name, Number(count)])) }
}

/** The rows of one page, from top to bottom. */
export function readRows(html: string): readonly PageRow[] {
  const [before = '', after = ''] = html.split('<tbody id="active"')
  return [...rowsIn(before, true), ...rowsIn(after, false)]
}

/** The count that the heading of a section names; 0 if it names none. */
export function readSectionCount(html: string, id: 'needs-you' | 'active'): number {
  return Number(new RegExp(`<tr id="${id}-head".*?</h2> <span class="muted">(?:<b>(\\d+)</b>)?`).exec(html)?.[1] ?? 0)
}

/** The address of the page that follows; null on the last. */
export function readNextPath(html: string): string | null {
  return /<a rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null
}

/** How many tasks a page says that it has found; null where none are looked for. */
export function readFound(html: string): number | null {
  const found = /<p id="found" class="found"><b>(\d+)<\/b>/.exec(html)?.[1]
  return found === undefined ? null : Number(found)
}

/** The table of an owner's page: the numbers of each repository, in the order of the columns. */
export function readOwnerTable(html: string): ReadonlyMap<string, readonly number[]> {
  const rows = html.matchAll(/<tr> <th scope="row"><a href="\/([^"]+)">.*?<\/tr>/g)
  return new Map(
    [...rows].map(([row, repository = '']) => {
      return [repository, [...row.matchAll(/<td[^>]*>(\d+)<\/td>/g)].map(([, count]) => Number(count))]
    }),
  )
}

/** The value of a metric, with its labels as they are printed; null where it is absent. */
export function readMetric(text: string, name: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? null : Number(line.slice(name.length + 1))
}

/** What a badge says. */
export function readBadge(svg: string): string {
  return /<title>andon: ([^<]*)<\/title>/.exec(svg)?.[1] ?? ''
}

function rowsIn(html: string, needsYou: boolean): readonly PageRow[] {
  const rows = html.matchAll(/<tr id="pipeline-\d+" class="pipeline-row is-(\w+).*?<\/tr>/g)
  return [...rows].map(([row, light = '']) => {
    const [, repository = '', issue = ''] = /<a class="number" href="\/([^"]+)\/issues\/(\d+)">/.exec(row) ?? []
    const word = /<span class="word">([^<]*)<\/span><\/td>/.exec(row)?.[1]
    const [health = 'ok'] = Object.entries(HEALTH_WORDS).find(([, shown]) => shown === word) ?? []
    return { repository, issue: Number(issue), light: light as Light, health: health as Health, needsYou }
  })
}
