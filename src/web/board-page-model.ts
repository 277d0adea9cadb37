// The board of all repositories or of one, in the fragments that the stream replaces, and the lists of its rows.
import { type BoardRowView, boardRowViewOf } from '../render/board-row.ts'
import { LIGHT_SYMBOLS, needsYouText } from '../render/labels.ts'
import { verdictViewOf } from '../render/verdict.ts'
import { isFiltered } from '../store/board-filter.ts'
import type { RepositoryCounts } from '../store/board-repositories.ts'
import { ACTIVE_LIGHTS } from '../store/holds.ts'
import { type BoardPlace, boardAddress, boardPath, describeFilter } from './find-form.ts'
import {
  accessFragment,
  holdsFragment,
  MAX_SUMMARY_PROBLEMS,
  pressFragment,
  problemsFragment,
} from './notice-fragments.ts'
import { onceForEach } from './once-for-each.ts'
import type { Fragment, FragmentList, PageModel } from './page-model.ts'
import { latencyWords } from './quantities.ts'
import type { BoardPage, OwnPart } from './reader.ts'
import type { Views } from './views.ts'

/**
 * The board of all repositories, or of one. Readers of one reading share what it looks like, but for what is each one's
 * own: that takes the place of the same fragments of everyone.
 */
export function buildBoardPageModel(views: Views, board: BoardPage, place: BoardPlace, own: OwnPart): PageModel {
  const { repository, filter } = place
  const models = modelsOf(board)
  const key = JSON.stringify([repository, filter])
  const shared = models.get(key) ?? buildSharedModel(views, board, place)
  models.set(key, shared)
  const ownFragments = [
    ...(own.press === null ? [] : [pressFragment(views, own.press)]),
    // The cord that this board has: its repository's, or that of everything.
    ...(own.mayPress ? [holdsFragment(views, board.holds, { repository })] : []),
  ]
  return ownFragments.length === 0 ? shared : withFragments(shared, ownFragments)
}

function withFragments(model: PageModel, own: readonly Fragment[]): PageModel {
  const fragments = model.fragments.map((fragment) => own.find(({ id }) => id === fragment.id) ?? fragment)
  return { ...model, fragments }
}

const modelsOf = onceForEach((_: BoardPage) => new Map<string, PageModel>())

function buildSharedModel(views: Views, board: BoardPage, { repository, filter }: BoardPlace): PageModel {
  const { counts, matched } = board
  const shown = board.rows.map((row) => ({
    repositoryId: row.pipeline.repositoryId,
    ...boardRowViewOf(row, board.asOf),
  }))
  // Where a light, a health or another order is asked for, that alone decides where a row stands.
  const isSplit = (filter.order ?? 'urgency') === 'urgency' && !filter.lights && !filter.healths
  const needy = isSplit ? shown.filter(({ row }) => row.needsYou) : []
  const others = isSplit ? shown.filter(({ row }) => !row.needsYou) : shown
  const isWhole = isSplit && !isFiltered(filter)
  const html = renderRows(views, shown)
  const rowOf = ({ id }: BoardRowView): Fragment => ({ id, html: html.get(id) ?? '' })
  return {
    asOf: board.asOf,
    fragments: [
      { id: 'counts', html: views.render('counts', countsModelOf(board, repository)) },
      accessFragment(views, board.accessNotices),
      holdsFragment(views, board.holds, null),
      pressFragment(views, null),
      problemsFragment(
        views,
        board.configurationNotices,
        repository === null ? MAX_SUMMARY_PROBLEMS : Number.POSITIVE_INFINITY,
      ),
      { id: 'found', html: views.render('found', foundModelOf({ repository, filter }, matched)) },
      {
        id: 'empty',
        html: views.render('empty', { empty: shown.length === 0 && !isFiltered(filter), repository }),
      },
      { id: 'next-page', html: views.render('next-page', nextPageModelOf({ repository, filter }, board)) },
      {
        id: 'footer',
        html: views.render('footer', { ...board, path: boardPath(repository), latency: latencyWords(board.latency) }),
      },
    ],
    lists: [
      buildFragmentList(views, 'needs-you', needy.map(rowOf), {
        title: 'Needs you',
        note: needy.length === 0 ? 'nothing waits for a person' : '',
        count: isWhole ? counts.needsYou - counts.mistaken : 0,
        isHidden: !isSplit,
      }),
      buildFragmentList(
        views,
        'active',
        filter.order === 'repository' ? groupRows(views, others, board.repositories, rowOf) : others.map(rowOf),
        {
          title: isSplit ? 'Active tasks' : 'Tasks',
          note: others.length > 0 ? '' : isSplit ? 'nothing else is under way' : 'none',
          count: isWhole ? counts.open - counts.needsYou + counts.mistaken : isSplit ? 0 : matched,
          isHidden: false,
        },
      ),
    ],
  }
}

/** All rows in one call, by their ids. No text of theirs can contain what stands between them: Postgres keeps no NUL. */
function renderRows(views: Views, rows: readonly BoardRowView[]): ReadonlyMap<string, string> {
  const parts = views.render('rows', { rows }).split('\0')
  return new Map(rows.map(({ id }, index) => [id, (parts[index] ?? '').trim()]))
}

type SectionHead = {
  readonly title: string
  readonly note: string
  readonly count: number
  readonly isHidden: boolean
}

function buildFragmentList(views: Views, id: string, rows: readonly Fragment[], head: SectionHead): FragmentList {
  const header = { id: `${id}-head`, html: views.render('section-head', { id, ...head }) }
  const html = views.render('section', { id, header: header.html, rows: rows.map((row) => row.html).join('') })
  return { id, header, rows, html }
}

/** A heading with its own counts before the rows of each repository. */
function groupRows(
  views: Views,
  rows: readonly (BoardRowView & { readonly repositoryId: number })[],
  repositories: readonly RepositoryCounts[],
  rowOf: (row: BoardRowView) => Fragment,
): readonly Fragment[] {
  return rows.flatMap((row, index) => {
    if (row.repositoryId === rows[index - 1]?.repositoryId) return [rowOf(row)]
    const { repository } = row.row
    const counts = repositories.find((one) => one.repository === repository)
    const id = `group-${row.repositoryId}`
    const words = counts === undefined ? '' : repositoryWords(counts)
    return [{ id, html: views.render('group', { id, repository, words }) }, rowOf(row)]
  })
}

function repositoryWords({ needsYou, ...counts }: RepositoryCounts): string {
  const lights = ACTIVE_LIGHTS.filter((light) => counts[light] > 0)
  const words = lights.map((light) => `${counts[light]} ${LIGHT_SYMBOLS[light].word}`)
  return [...words, ...(needsYou === 0 ? [] : [needsYouText(needsYou)])].join(' · ')
}

function foundModelOf({ repository, filter }: BoardPlace, matched: number): object {
  const action = boardPath(repository)
  return { isFiltered: isFiltered(filter), matched, words: describeFilter(filter), action }
}

function nextPageModelOf(
  { repository, filter: { after, ...filter } }: BoardPlace,
  { next, rows, matched }: BoardPage,
): object {
  return {
    next: next === null ? null : boardAddress({ repository, filter: { ...filter, after: next } }),
    first: after === undefined ? null : boardAddress({ repository, filter }),
    shown: rows.length,
    matched,
  }
}

function countsModelOf({ counts, isBlind }: BoardPage, repository: string | null): object {
  const path = boardPath(repository)
  const always = ACTIVE_LIGHTS.map((light) => ({
    light,
    count: counts[light],
    word: LIGHT_SYMBOLS[light].word,
    href: `${path}?light=${light}`,
  }))
  // Those are counted at their lights already: who adds up the lights has them all.
  const sometimes = [
    { light: 'stalled', count: counts.stalled, word: 'of them stalled', href: `${path}?health=stalled` },
    { light: 'stale', count: counts.stale, word: 'of them past limit', href: `${path}?health=stale` },
    { light: 'unknown', count: counts.unknown, word: 'of them unknown', href: `${path}?health=unknown` },
    { light: 'held', count: counts.held, word: 'of them held', href: null },
    {
      light: 'mistaken',
      count: counts.mistaken,
      word: counts.mistaken === 1 ? 'file mistaken' : 'files mistaken',
      href: null,
    },
  ]
  const shown = [...always, ...sometimes.filter(({ count }) => count > 0)]
  return { counts: shown, needsYou: counts.needsYou, ...verdictViewOf(counts, isBlind) }
}
