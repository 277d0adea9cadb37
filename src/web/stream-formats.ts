// The two formats of the stream. Named events are about the stream itself: `snapshot` (with build and time) comes first.
// The next message, unnamed, is everything that is shown; each later unnamed message is what changed. A viewer who says
// which version is shown already is spared the first of them.
import { createHash } from 'node:crypto'
import type { Instant } from '../pipeline/model/time.ts'
import { type BoardRow, boardRowOf } from '../render/board-row.ts'
import { type PipelineDetail, pipelineDetailOf } from '../render/pipeline-detail.ts'
import { type VerdictView, verdictViewOf } from '../render/verdict.ts'
import { buildBoardPageModel } from './board-page-model.ts'
import type { StreamFormat } from './feed.ts'
import { HttpError } from './http-errors.ts'
import { buildIssuePageModel } from './issue-page-model.ts'
import { onceForEach } from './once-for-each.ts'
import { diffPageModels, renderFullUpdate } from './page-diff.ts'
import { type PageModel, versionOf } from './page-model.ts'
import type { BoardPage, IssuePage, Reader } from './reader.ts'
import { encodeSseMessage } from './stream-message.ts'
import type { ViewScope } from './view-scope.ts'
import type { Views } from './views.ts'

const PAGE_SIZE = 200

/** Fragments of the page, which htmx swaps in. */
export function htmlFormat(o: { reader: Reader; views: Views; scope: ViewScope }): StreamFormat<PageModel> {
  const { reader, views, scope } = o
  return fragmentsFormat(async () => {
    const own = await reader.loadOwnPart(scope)
    if (scope.issue === null) return buildBoardPageModel(views, await loadBoardPage(reader, scope), scope, own)
    return buildIssuePageModel(views, await loadIssuePage(reader, scope), own)
  })
}

/** The fragments of any page. */
export function fragmentsFormat(read: () => Promise<PageModel>): StreamFormat<PageModel> {
  return {
    read,
    version: versionOf,
    whole: (model) => encodeSseMessage(null, renderFullUpdate(model), versionOf(model)),
    diff(before, after) {
      const fragments = diffPageModels(before, after)
      return fragments === '' ? '' : encodeSseMessage(null, fragments, versionOf(after))
    },
  }
}

/** First the JSON of `GET /api/pipelines`, then the rows that changed and, in `gone`, those that left the board. */
export function boardJsonFormat(o: { reader: Reader; scope: ViewScope }): StreamFormat<BoardJson> {
  return {
    read: async () => toBoardJson(await loadBoardPage(o.reader, o.scope)),
    version: boardVersionOf,
    whole: (board) => encodeSseMessage(null, JSON.stringify(board), boardVersionOf(board)),
    diff(before, after) {
      const old = new Map(before.pipelines.map((row) => [rowKeyOf(row), JSON.stringify(row)]))
      const pipelines = after.pipelines.filter((row) => old.get(rowKeyOf(row)) !== JSON.stringify(row))
      const remaining = new Set(after.pipelines.map(rowKeyOf))
      const removed = before.pipelines.filter((row) => !remaining.has(rowKeyOf(row)))
      const gone = removed.map(({ repository, issue }) => ({ repository, issue }))
      // The counts include rows past the first page.
      const { counts, verdict, why, matched, next, asOf } = after
      if (pipelines.length === 0 && gone.length === 0 && headOf(before) === headOf(after)) return ''
      const change: BoardChange = { counts, verdict, why, matched, pipelines, gone, next, asOf }
      return encodeSseMessage(null, JSON.stringify(change), boardVersionOf(after))
    },
  }
}

/** What a JSON reader of a board is sent after the whole: the rows that changed or came, and those that left. */
export type BoardChange = BoardJson & { readonly gone: readonly Pick<BoardRow, 'repository' | 'issue'>[] }

const headOf = ({ counts, verdict, matched }: BoardJson) => JSON.stringify([counts, verdict, matched])

const boardVersionOf = onceForEach((board: BoardJson) => hashOf(headOf(board), board.pipelines))

type IssueJson = { readonly asOf: Instant; readonly pipeline: PipelineDetail }

const issueVersionOf = onceForEach(({ pipeline }: IssueJson) => hashOf(pipeline))

/** The JSON of one issue, sent whole whenever any of it changed. */
export function issueJsonFormat(o: { reader: Reader; scope: ViewScope }): StreamFormat<IssueJson> {
  return {
    async read() {
      const { shown, history, asOf } = await loadIssuePage(o.reader, o.scope)
      return { asOf, pipeline: pipelineDetailOf(shown, history, asOf) }
    },
    version: issueVersionOf,
    whole: (issue) => encodeSseMessage(null, JSON.stringify(issue.pipeline), issueVersionOf(issue)),
    diff(before, after) {
      const json = JSON.stringify(after.pipeline)
      return JSON.stringify(before.pipeline) === json ? '' : encodeSseMessage(null, json, issueVersionOf(after))
    },
  }
}

export type BoardJson = Pick<BoardPage, 'counts' | 'matched' | 'next' | 'asOf'> & {
  readonly verdict: VerdictView['verdict']
  /** The verdict's reason in words. */
  readonly why: VerdictView['why']
  readonly pipelines: readonly BoardRow[]
}

/** The response of `GET /api/pipelines`. */
export function toBoardJson({ counts, isBlind, matched, rows, next, asOf }: BoardPage): BoardJson {
  const pipelines = rows.map((shown) => boardRowOf(shown, asOf))
  return { counts, ...verdictViewOf(counts, isBlind), matched, pipelines, next, asOf }
}

/** One page of a board; rejects with HttpError if its repository no longer has that name. */
export async function loadBoardPage(
  reader: Reader,
  { repository, filter }: Pick<ViewScope, 'repository' | 'filter'>,
): Promise<BoardPage> {
  const board = await reader.loadBoard({ limit: PAGE_SIZE, ...(repository !== null && { repository }), ...filter })
  // A repository with rows is known: only an empty board needs the lookup.
  const isEmpty = repository !== null && board.rows.length === 0
  if (isEmpty && (await reader.findRepository(repository)) === null) throw unknownPlace(repository)
  return board
}

/** The App is not installed there, or the repository or its owner has been renamed. */
export function unknownPlace(name: string): HttpError {
  return new HttpError(404, `Andon does not know ${name}: install the App on it, or check the name.`)
}

/** The issue of a scope; rejects with HttpError if it is not on the line. */
export async function loadIssuePage(
  reader: Reader,
  { repository, issue }: Pick<ViewScope, 'repository' | 'issue'>,
): Promise<IssuePage> {
  const found = repository === null || issue === null ? null : await reader.loadIssue(repository, issue)
  if (found === null) {
    throw new HttpError(
      404,
      `Issue #${issue} of ${repository} is not on the line: comment /andon start on it to start.`,
    )
  }
  return found
}

function hashOf(...shown: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 16)
}

function rowKeyOf({ repository, issue }: BoardRow): string {
  return `${repository}#${issue}`
}
