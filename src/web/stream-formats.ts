// The two formats of the stream. Named events speak of the stream itself: `snapshot` (with the build and the moment)
// comes before everything that is shown, in one unnamed message; each later unnamed message is what changed.
import type { Light } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type Row, row } from '../render/board-row.ts'
import { type Detail, detail } from '../render/pipeline-detail.ts'
import type { Telling } from './feed.ts'
import { Refusal } from './http-errors.ts'
import { changes, whole } from './page-diff.ts'
import { boardSheet, issueSheet, type Sheet } from './page-model.ts'
import type { Board, Issue, Reader } from './reader.ts'
import { encode } from './viewer.ts'
import type { Views } from './views.ts'

/** Where somebody looks: every repository, one of them, or one issue. */
export type Place = { readonly repository: string | null; readonly issue: number | null }

const ROWS_ON_A_PAGE = 200

/** Fragments of the page, which htmx swaps in. */
export function htmlTelling(o: { reader: Reader; views: Views; build: string; place: Place }): Telling<Sheet> {
  const { reader, views, build, place } = o
  return {
    async read() {
      if (place.issue === null) return boardSheet(views, await readBoard(reader, place), place.repository)
      return issueSheet(views, await readIssue(reader, place))
    },
    snapshot: (sheet) => announce(build, sheet) + encode(null, whole(sheet)),
    changes(before, after) {
      const fragments = changes(before, after)
      return fragments === '' ? '' : encode(null, fragments)
    },
  }
}

/** The JSON of `GET /api/pipelines`; then the rows that changed, and in `gone` those that left the board. */
export function boardTelling(o: { reader: Reader; build: string; place: Place }): Telling<BoardJson> {
  return {
    read: async () => boardJson(await readBoard(o.reader, o.place)),
    snapshot: (board) => announce(o.build, board) + encode(null, JSON.stringify(board)),
    changes(before, after) {
      const old = new Map(before.pipelines.map((row) => [keyOf(row), JSON.stringify(row)]))
      const pipelines = after.pipelines.filter((row) => old.get(keyOf(row)) !== JSON.stringify(row))
      const here = new Set(after.pipelines.map(keyOf))
      const left = before.pipelines.filter((row) => !here.has(keyOf(row)))
      const gone = left.map(({ repository, issue }) => ({ repository, issue }))
      // What stands further down than the first page is counted all the same.
      const isCountedAnew = JSON.stringify(before.counts) !== JSON.stringify(after.counts)
      if (pipelines.length === 0 && gone.length === 0 && !isCountedAnew) return ''
      return encode(null, JSON.stringify({ counts: after.counts, pipelines, gone, asOf: after.asOf }))
    },
  }
}

type IssueJson = { readonly asOf: Instant; readonly pipeline: Detail }

/** The JSON of one issue, whole whenever anything in it changed. */
export function issueTelling(o: { reader: Reader; build: string; place: Place }): Telling<IssueJson> {
  return {
    async read() {
      const { shown, history, asOf } = await readIssue(o.reader, o.place)
      return { asOf, pipeline: detail(shown, history, asOf) }
    },
    snapshot: (issue) => announce(o.build, issue) + encode(null, JSON.stringify(issue.pipeline)),
    changes(before, after) {
      const json = JSON.stringify(after.pipeline)
      return JSON.stringify(before.pipeline) === json ? '' : encode(null, json)
    },
  }
}

export type BoardJson = Pick<Board, 'counts' | 'next' | 'asOf'> & { readonly pipelines: readonly Row[] }

/** The answer of `GET /api/pipelines`. */
export function boardJson({ counts, rows, next, asOf }: Board): BoardJson {
  return { counts, pipelines: rows.map((shown) => row(shown, asOf)), next, asOf }
}

/** One page of a place's board; refuses when its repository is known by that name no more. */
export async function readBoard(
  reader: Reader,
  { repository }: Pick<Place, 'repository'>,
  query: { lights?: readonly Light[]; after?: string } = {},
): Promise<Board> {
  const board = await reader.board({ limit: ROWS_ON_A_PAGE, ...(repository !== null && { repository }), ...query })
  // What has rows is known: only of an empty place is it asked.
  const isEmpty = repository !== null && board.rows.length === 0
  if (isEmpty && (await reader.repository(repository)) === null) throw unknownRepository(repository)
  return board
}

/** Andon is not installed there, or it bears another name by now. */
export function unknownRepository(name: string): Refusal {
  return new Refusal(404, `Andon does not know ${name}: install the App on it, or check the name.`)
}

/** The issue of a place; refuses when it is not on the line. */
export async function readIssue(reader: Reader, { repository, issue }: Place): Promise<Issue> {
  const found = repository === null || issue === null ? null : await reader.issue(repository, issue)
  if (found === null) {
    throw new Refusal(
      404,
      `Issue #${issue} of ${repository} is not on the line: /andon start in a comment takes it up.`,
    )
  }
  return found
}

function announce(build: string, { asOf }: { readonly asOf: Instant }): string {
  return encode('snapshot', JSON.stringify({ build, asOf }))
}

function keyOf({ repository, issue }: Row): string {
  return `${repository}#${issue}`
}
