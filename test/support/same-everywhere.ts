// One board in every place that shows it: the head of a page, its rows, the JSON, the metrics, the badges, the table of an
// owner. What they say at one moment must be the same. All are read as people and programs read them: over HTTP.
import { expect } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { verdictOf } from '../../src/pipeline/view/verdict.ts'
import { type BoardRow, boardRowOf } from '../../src/render/board-row.ts'
import { needsYouText, VERDICT_SYMBOLS } from '../../src/render/labels.ts'
import { orderRows } from '../../src/render/row-order.ts'
import type { StoredPipeline } from '../../src/store/board.ts'
import type { BoardCounts } from '../../src/store/board-counts.ts'
import type { BoardJson } from '../../src/web/stream-formats.ts'
import { expectDocumented } from './api-document.ts'
import { COUNTED_LIGHTS, LIGHTS } from './board-api.ts'
import {
  type PageHead,
  readBadge,
  readFound,
  readHead,
  readMetric,
  readNextPath,
  readOwnerTable,
  readRows,
  readSectionCount,
} from './read-pages.ts'

/** Where a board is read, and what lets its reader in, who may see everything. */
export type BoardPlace = { readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/** What the database has at the same moment: every pipeline, in the order of the board. */
export type StoredBoard = {
  readonly counts: BoardCounts
  readonly isBlind: boolean
  readonly rows: readonly StoredPipeline[]
  readonly repositories: readonly string[]
  readonly now: Instant
}

/** `watch` is sent the rows that changed, and orders them itself. */
export function expectSameOrder({ rows, now }: Pick<StoredBoard, 'rows' | 'now'>): void {
  const shown = rows.map((row) => boardRowOf(row, now))
  const ordered = orderRows(seededRandom(rows.length).shuffle(shown))
  expect(ordered.map(nameOf), 'the order of `watch`').toEqual(shown.map(nameOf))
}

/**
 * Compares all places with each other, unless this process has compared a board of the same shape: reading them all takes
 * longer than most tests.
 */
export async function expectSameEverywhere(place: BoardPlace, stored: StoredBoard): Promise<void> {
  const shape = shapeOf(stored)
  if (compared.has(shape)) return
  compared.add(shape)
  const { isBlind } = stored
  const board = await readBoardJson(place)
  const { counts, pipelines } = board
  const listed = stored.rows
    .filter(isListed)
    .map(({ repository, pipeline }) => `${repository}#${pipeline.issue.number}`)
  expect(pipelines.map(nameOf), 'rows in JSON').toEqual(listed)
  expect(counts, 'counts in JSON').toEqual(countRows(pipelines, stored.counts.mistaken))
  expect(board.matched, 'rows in JSON').toBe(pipelines.length)
  expect(board.verdict, 'the verdict in JSON').toBe(verdictOf(stored.counts, isBlind))

  const pages = await readPages(place, '/')
  const [top = ''] = pages
  expectHead(readHead(top), board, '/')
  expect(pages.flatMap(readRows), 'rows on /').toEqual(pipelines.map(shownOf))
  expect(readSectionCount(top, 'needs-you'), 'Needs you').toBe(counts.needsYou - counts.mistaken)
  expect(readSectionCount(top, 'active'), 'Active tasks').toBe(counts.open - counts.needsYou + counts.mistaken)
  expectMetrics(await read(place, '/metrics'), counts)
  if (stored.rows.length > listed.length) await expectFound(place, stored.rows)
  await expectOwners(place, stored.repositories, board)
  const [first] = pipelines
  if (first !== undefined) await read(place, `/api/pipelines/${first.repository}/${first.issue}`)
  const shown = [...new Set(stored.rows.map(({ repository }) => repository))].slice(0, MOST_REPOSITORIES)
  for (const repository of shown) await expectRepository(place, repository, board, isBlind)
}

/** Boards of single repositories, and pages of owners, that are read. */
const MOST_REPOSITORIES = 2

type Counts = BoardJson['counts']

const compared = new Set<string>()

/** Equal for boards whose places can differ only in names, words and times. */
function shapeOf({ counts, isBlind, rows, repositories, now }: StoredBoard): string {
  const shapes = rows.map((row) => {
    const { light, health, held, needsYou, ended, hides } = boardRowOf(row, now)
    return [repositories.indexOf(row.repository), light, health, held, needsYou, ended, hides?.status, isListed(row)]
  })
  return JSON.stringify([counts, isBlind, shapes, repositories.length])
}

function countRows(rows: readonly BoardRow[], mistaken: number): Counts {
  const count = (isCounted: (row: BoardRow) => boolean) => rows.filter(isCounted).length
  return {
    running: count(({ light }) => light === 'running'),
    review: count(({ light }) => light === 'review'),
    queued: count(({ light }) => light === 'queued'),
    failed: count(({ light }) => light === 'failed'),
    stalled: count(({ health }) => health === 'stalled'),
    stale: count(({ health }) => health === 'stale'),
    unknown: count(({ health }) => health === 'unknown'),
    open: rows.length,
    held: count(({ held }) => held),
    needsYou: count(({ needsYou }) => needsYou) + mistaken,
    moving: count(({ light, needsYou, health }) => light === 'running' && !needsYou && health !== 'unknown'),
    mistaken,
  }
}

function expectHead(
  head: PageHead,
  { verdict, why, counts }: Pick<BoardJson, 'verdict' | 'why' | 'counts'>,
  at: string,
) {
  const { open, moving, ...numerals } = counts
  const absent = Object.keys(numerals).map((name) => [name, 0])
  const shown = { ...head, counts: { ...Object.fromEntries(absent), ...head.counts } }
  expect(shown, `the head of ${at}`).toEqual({ verdict, why, counts: numerals })
}

function expectMetrics(text: string, counts: Counts): void {
  const shown = {
    ...Object.fromEntries(
      COUNTED_LIGHTS.map((light) => [light, readMetric(text, `andon_pipelines{light="${light}"}`)]),
    ),
    ...Object.fromEntries(UNHEALTHY.map((name) => [name, readMetric(text, `andon_unhealthy{health="${name}"}`)])),
    held: readMetric(text, 'andon_held'),
    needsYou: readMetric(text, 'andon_needs_you'),
  }
  const { open, moving, mistaken, ...gauges } = counts
  expect(shown, '/metrics').toEqual(gauges)
}

const UNHEALTHY = ['stalled', 'stale', 'unknown'] as const

/** What is done or idle is shown when it is asked for. */
async function expectFound(place: BoardPlace, rows: readonly StoredPipeline[]): Promise<void> {
  const pages = await readPages(place, `/?light=${LIGHTS.join(',')}`)
  expect(pages.map(readFound), 'tasks found').toEqual(pages.map(() => rows.length))
  const lightOf = (name: string, light: string) => `${name} ${light}`
  expect(pages.flatMap(readRows).map((row) => lightOf(nameOf(row), row.light))).toEqual(
    rows.map(({ repository, pipeline, light }) => lightOf(`${repository}#${pipeline.issue.number}`, light)),
  )
}

async function expectOwners(place: BoardPlace, repositories: readonly string[], board: BoardJson): Promise<void> {
  const owners = [...new Set(repositories.map((name) => name.split('/')[0] ?? ''))]
  let mistaken = 0
  for (const owner of owners.slice(0, MOST_REPOSITORIES)) {
    const table = readOwnerTable(await read(place, `/${owner}`))
    const own = repositories.filter((name) => name.startsWith(`${owner}/`))
    expect([...table.keys()].toSorted(), `/${owner}`).toEqual(own.toSorted())
    for (const [repository, numbers] of table) {
      const rows = board.pipelines.filter((row) => row.repository === repository)
      const { needsYou, ...counts } = countRows(rows, 0)
      const more = (numbers.at(-1) ?? 0) - needsYou
      expect([0, 1], `a mistaken file of ${repository} on /${owner}`).toContain(more)
      mistaken += more
      expect(numbers.slice(0, -1), `${repository} on /${owner}`).toEqual(COUNTED_LIGHTS.map((light) => counts[light]))
    }
  }
  if (owners.length <= MOST_REPOSITORIES) expect(mistaken, 'mistaken files').toBe(board.counts.mistaken)
}

async function expectRepository(
  place: BoardPlace,
  repository: string,
  board: BoardJson,
  isBlind: boolean,
): Promise<void> {
  const pages = await readPages(place, `/${repository}`)
  const head = readHead(pages[0] ?? '')
  const rows = board.pipelines.filter((row) => row.repository === repository)
  const counts = countRows(rows, head.counts.mistaken ?? 0)
  const verdict = verdictOf(counts, isBlind)
  expectHead(head, { verdict, why: head.why, counts }, `/${repository}`)
  expect(pages.flatMap(readRows), `rows on /${repository}`).toEqual(rows.map(shownOf))
  const needs = counts.needsYou === 0 ? [] : [needsYouText(counts.needsYou)]
  const badge = [VERDICT_SYMBOLS[verdict].word.toLowerCase(), ...needs].join(' · ')
  // Of a private repository, strangers are told nothing.
  expect([badge, 'unknown'], `the badge of ${repository}`).toContain(
    readBadge(await read(place, `/badge/${repository}.svg`)),
  )
}

/** It is on the board without being asked for. */
export function isListed({ light, needsYouAt }: StoredPipeline): boolean {
  return COUNTED_LIGHTS.some((one) => one === light) || needsYouAt !== null
}

function nameOf({ repository, issue }: Pick<BoardRow, 'repository' | 'issue'>): string {
  return `${repository}#${issue}`
}

function shownOf({ repository, issue, light, health, needsYou }: BoardRow) {
  return { repository, issue, light, health, needsYou }
}

async function read({ url, headers = {} }: BoardPlace, path: string): Promise<string> {
  const answer = await fetch(url + path, { headers })
  const text = await answer.text()
  if (path.startsWith('/api/')) {
    const type = answer.headers.get('content-type')
    expectDocumented({ method: 'GET', path: path.replace(/\?.*/, '') }, { status: answer.status, type, text })
  }
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 200)}`)
  return text
}

/** A page and those that follow it. */
async function readPages(place: BoardPlace, path: string): Promise<readonly string[]> {
  const pages: string[] = []
  for (let next: string | null = path; next !== null; next = readNextPath(pages.at(-1) ?? ''))
    pages.push(await read(place, next))
  return pages
}

/** The whole board, page after page. */
async function readBoardJson(place: BoardPlace): Promise<BoardJson> {
  const parse = async (query: string) => JSON.parse(await read(place, `/api/pipelines${query}`)) as BoardJson
  let page = await parse('')
  const pipelines = [...page.pipelines]
  while (page.next !== null) {
    page = await parse(`?after=${page.next}`)
    pipelines.push(...page.pipelines)
  }
  return { ...page, pipelines }
}
