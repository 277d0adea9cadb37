// A page as the stream sees it: pieces that are replaced in place, and lists whose rows come, change, move and go.
// The same drawings make the page itself, so that what a reload shows is what the stream showed.

import type { Instant } from '../pipeline/model/time.ts'
import { type Drawn, drawn, webUrl } from '../render/board-row.ts'
import type { Notice } from '../render/configuration-notice.ts'
import { drawnHold } from '../render/hold-text.ts'
import { detail } from '../render/pipeline-detail.ts'
import type { Board, Issue } from './reader.ts'
import type { Views } from './views.ts'

export type Piece = { readonly id: string; readonly html: string }

/** A table body: its head stays, its rows are told apart by id. */
export type List = { readonly id: string; readonly head: Piece; readonly rows: readonly Piece[]; readonly html: string }

export type Sheet = { readonly asOf: Instant; readonly pieces: readonly Piece[]; readonly lists: readonly List[] }

/** The board, or one repository's. */
export function boardSheet(views: Views, board: Board, repository: string | null): Sheet {
  const rows = board.rows.map((shown) => drawn(shown, board.asOf))
  const calling = rows.filter(({ needsYou }) => needsYou)
  const active = rows.filter(({ needsYou }) => !needsYou)
  const empty = rows.length === 0
  return {
    asOf: board.asOf,
    pieces: [
      { id: 'counts', html: views.draw('counts', countsOf(board)) },
      { id: 'holds', html: views.draw('holds', cut(board.holds.map(drawnHold))) },
      mistakesPiece(views, board.mistaken, repository === null ? MISTAKES_AT_A_GLANCE : Number.POSITIVE_INFINITY),
      { id: 'empty', html: views.draw('empty', { empty, repository }) },
      { id: 'more', html: views.draw('next-page', { next: board.next, shown: rows.length }) },
      { id: 'quiet', html: views.draw('footer', board) },
    ],
    lists: [
      list(views, 'needs-you', 'Needs you', calling.length === 0 ? 'nobody is waited for' : '', calling),
      list(views, 'active', 'Active tasks', active.length === 0 ? 'nothing else is under way' : '', active),
    ],
  }
}

/** One issue's page. */
export function issueSheet(views: Views, { shown, history, asOf, mistaken }: Issue): Sheet {
  const whole = detail(shown, history, asOf)
  const pullRequests = shown.pipeline.pullRequests.map((pull) => ({ ...pull, url: webUrl(pull.url) }))
  return {
    asOf,
    pieces: [
      mistakesPiece(views, mistaken, MISTAKES_AT_A_GLANCE),
      { id: 'summary', html: views.draw('issue-summary', { ...drawn(shown, asOf), pullRequests }) },
      ...whole.stages.map((stage, index) => {
        const id = `stage-${index}`
        return { id, html: views.draw('stage', { id, stage }) }
      }),
      { id: 'history', html: views.draw('history', { history: whole.history }) },
    ],
    lists: [],
  }
}

/** The piece's drawing, or nothing. */
export function pieceOf(sheet: Sheet, id: string): string {
  return sheet.pieces.find((piece) => piece.id === id)?.html ?? ''
}

/** How many of a file's mistakes are told where it is not the file that people came for. */
const MISTAKES_AT_A_GLANCE = 1

function mistakesPiece(views: Views, mistaken: readonly Notice[], most: number): Piece {
  return { id: 'mistakes', html: views.draw('configuration-problems', { ...cut(mistaken), most }) }
}

/** How many held or mistaken repositories stand above the board before it says that there are more. */
const MOST_PLACES = 20

function cut<T>(places: readonly T[]): { readonly places: readonly T[]; readonly more: boolean } {
  return { places: places.slice(0, MOST_PLACES), more: places.length > MOST_PLACES }
}

function list(views: Views, id: string, title: string, note: string, rows: readonly Drawn[]): List {
  const head = { id: `${id}-head`, html: views.draw('section-head', { id, title, note }) }
  const pieces = rows.map((row) => ({ id: row.id, html: views.draw('row', row) }))
  const html = views.draw('section', { id, head: head.html, rows: pieces.map((piece) => piece.html).join('') })
  return { id, head, rows: pieces, html }
}

function countsOf({ counts }: Board): object {
  const all = [
    { light: 'running', count: counts.running, word: 'running' },
    { light: 'review', count: counts.review, word: 'in review' },
    { light: 'queued', count: counts.queued, word: 'queued' },
    { light: 'failed', count: counts.failed, word: 'failed' },
    { light: 'held', count: counts.held, word: 'held' },
  ]
  return { counts: all.filter(({ light, count }) => light !== 'held' || count > 0), needsYou: counts.needsYou }
}
