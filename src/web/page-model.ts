// A page as the stream sees it: fragments that are replaced in place, and lists whose rows come, change, move and go.
// The page itself is built from the same fragments, so that a reload shows what the stream showed.

import { createHash } from 'node:crypto'
import type { Instant } from '../pipeline/model/time.ts'
import type { AccessNotice } from '../render/access-problem.ts'
import { type BoardRowView, boardRowViewOf } from '../render/board-row.ts'
import type { ConfigurationNotice } from '../render/configuration-notice.ts'
import { holdViewOf } from '../render/hold-text.ts'
import { LIGHT_SYMBOLS } from '../render/labels.ts'
import { pipelineDetailOf, pullRequestLinksOf } from '../render/pipeline-detail.ts'
import { verdictViewOf } from '../render/verdict.ts'
import type { BoardPage, IssuePage } from './reader.ts'
import type { ViewScope } from './view-scope.ts'
import type { Views } from './views.ts'

export type Fragment = { readonly id: string; readonly html: string }

/** A table body: its header stays, its rows are identified by id. */
export type FragmentList = {
  readonly id: string
  readonly header: Fragment
  readonly rows: readonly Fragment[]
  readonly html: string
}

export type PageModel = {
  readonly asOf: Instant
  readonly fragments: readonly Fragment[]
  readonly lists: readonly FragmentList[]
}

/** The board of all repositories, or of one. */
export function buildBoardPageModel(
  views: Views,
  board: BoardPage,
  { repository, filter: { lights } }: Pick<ViewScope, 'repository' | 'filter'>,
): PageModel {
  const rows = board.rows.map((shown) => boardRowViewOf(shown, board.asOf))
  const needsAttention = rows.filter(({ needsYou }) => needsYou)
  const active = rows.filter(({ needsYou }) => !needsYou)
  const empty = rows.length === 0 && lights === undefined
  const { counts } = board
  return {
    asOf: board.asOf,
    fragments: [
      { id: 'counts', html: views.render('counts', countsModelOf(board)) },
      accessFragment(views, board.accessNotices),
      { id: 'holds', html: views.render('holds', limitListed(board.holds.map(holdViewOf))) },
      problemsFragment(
        views,
        board.configurationNotices,
        repository === null ? MAX_SUMMARY_PROBLEMS : Number.POSITIVE_INFINITY,
      ),
      { id: 'empty', html: views.render('empty', { empty, repository }) },
      { id: 'next-page', html: views.render('next-page', { next: board.next, shown: rows.length }) },
      { id: 'footer', html: views.render('footer', board) },
    ],
    lists: [
      buildFragmentList(
        views,
        'needs-you',
        'Needs you',
        needsAttention.length === 0 ? 'nothing waits for a person' : '',
        lights === undefined ? counts.needsYou - counts.mistaken : 0,
        needsAttention,
      ),
      buildFragmentList(
        views,
        'active',
        lights === undefined ? 'Active tasks' : lights.map((light) => LIGHT_SYMBOLS[light].word).join(', '),
        active.length > 0 ? '' : lights === undefined ? 'nothing else is under way' : 'none',
        lights === undefined ? counts.open - counts.needsYou + counts.mistaken : 0,
        active,
      ),
    ],
  }
}

export function buildIssuePageModel(
  views: Views,
  { shown, history, asOf, configurationNotices, accessNotices }: IssuePage,
): PageModel {
  const detail = pipelineDetailOf(shown, history, asOf)
  const pullRequests = pullRequestLinksOf(shown.pipeline)
  const omittedPullRequests = shown.pipeline.omittedPullRequests?.length ?? 0
  return {
    asOf,
    fragments: [
      accessFragment(views, accessNotices),
      problemsFragment(views, configurationNotices, MAX_SUMMARY_PROBLEMS),
      {
        id: 'summary',
        html: views.render('issue-summary', { ...boardRowViewOf(shown, asOf), pullRequests, omittedPullRequests }),
      },
      ...detail.stages.map((stage, index) => {
        const id = `stage-${index}`
        return { id, html: views.render('stage', { id, stage }) }
      }),
      { id: 'history', html: views.render('history', { history: detail.history }) },
    ],
    lists: [],
  }
}

/** The HTML of a fragment; empty if the page has none of that id. */
export function fragmentHtmlOf(model: PageModel, id: string): string {
  return model.fragments.find((fragment) => fragment.id === id)?.html ?? ''
}

const versions = new WeakMap<PageModel, string>()

/** Names what the page shows: a page that shows it needs no snapshot. */
export function versionOf(model: PageModel): string {
  const known = versions.get(model)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const { id, html } of [...model.fragments, ...model.lists]) hash.update(`${id} ${html}`)
  const version = hash.digest('base64url').slice(0, 16)
  versions.set(model, version)
  return version
}

/** How many of a file's problems are shown on pages other than its repository's. */
const MAX_SUMMARY_PROBLEMS = 1

function problemsFragment(views: Views, notices: readonly ConfigurationNotice[], maxProblems: number): Fragment {
  return {
    id: 'configuration-problems',
    html: views.render('configuration-problems', { ...limitListed(notices), maxProblems }),
  }
}

function accessFragment(views: Views, notices: readonly AccessNotice[]): Fragment {
  return { id: 'access-problems', html: views.render('access-problems', limitListed(notices)) }
}

/** How many held or misconfigured repositories are listed above the board before it says that there are more. */
const MAX_LISTED_REPOSITORIES = 20

function limitListed<T>(items: readonly T[]): { readonly items: readonly T[]; readonly hasMore: boolean } {
  return { items: items.slice(0, MAX_LISTED_REPOSITORIES), hasMore: items.length > MAX_LISTED_REPOSITORIES }
}

function buildFragmentList(
  views: Views,
  id: string,
  title: string,
  note: string,
  count: number,
  rows: readonly BoardRowView[],
): FragmentList {
  const header = { id: `${id}-head`, html: views.render('section-head', { id, title, note, count }) }
  const fragments = rows.map((row) => ({ id: row.id, html: views.render('row', row) }))
  const html = views.render('section', { id, header: header.html, rows: fragments.map(({ html }) => html).join('') })
  return { id, header, rows: fragments, html }
}

function countsModelOf({ counts, isBlind }: BoardPage): object {
  const always = [
    { light: 'running', count: counts.running, word: 'running' },
    { light: 'review', count: counts.review, word: 'in review' },
    { light: 'queued', count: counts.queued, word: 'queued' },
    { light: 'failed', count: counts.failed, word: 'failed' },
  ]
  const sometimes = [
    { light: 'stalled', count: counts.stalled, word: 'stalled' },
    { light: 'stale', count: counts.stale, word: 'past limit' },
    { light: 'unknown', count: counts.unknown, word: 'unknown' },
    { light: 'held', count: counts.held, word: 'held' },
    { light: 'mistaken', count: counts.mistaken, word: counts.mistaken === 1 ? 'file mistaken' : 'files mistaken' },
  ]
  const shown = [...always, ...sometimes.filter(({ count }) => count > 0)]
  return { counts: shown, needsYou: counts.needsYou, ...verdictViewOf(counts, isBlind) }
}
