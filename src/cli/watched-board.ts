// What the messages of a JSON stream leave standing: a board, kept whole by the changes to it, or one issue.
import type { EventSourceMessage } from 'eventsource-parser'
import type { Instant } from '../pipeline/model/time.ts'
import type { BoardRow } from '../render/board-row.ts'
import type { PipelineDetail } from '../render/pipeline-detail.ts'
import { orderRows } from '../render/row-order.ts'
import { nameOf } from '../render/terminal-board.ts'
import type { BoardChange, BoardJson } from '../web/stream-formats.ts'

/** What one message means to a reader. */
export type StreamUpdate =
  | ShownUpdate
  /** The server cannot read its database. */
  | { readonly kind: 'away' }
  | { readonly kind: 'gone' }

/** What is shown, as the server says it is. */
export type ShownUpdate =
  | { readonly kind: 'board'; readonly board: BoardJson }
  | { readonly kind: 'change'; readonly board: BoardJson; readonly change: BoardChange }
  | { readonly kind: 'issue'; readonly issue: PipelineDetail }
  /** The server lives, and what it sent before is still so. */
  | { readonly kind: 'current'; readonly asOf: Instant }

/** Turns messages into what they mean; the changes of a board need what came before. */
export function createListener(): (message: EventSourceMessage) => StreamUpdate | null {
  let board: BoardJson | null = null
  return ({ event = 'message', data }) => {
    switch (event) {
      case 'message': {
        const shown = JSON.parse(data) as BoardJson | BoardChange | PipelineDetail
        if ('stages' in shown) return { kind: 'issue', issue: shown }
        if (board === null || !isChange(shown)) {
          board = shown
          return { kind: 'board', board }
        }
        board = applyChange(board, shown)
        return { kind: 'change', board, change: shown }
      }
      case 'snapshot':
      case 'ping':
        return { kind: 'current', asOf: JSON.parse(data).asOf }
      case 'away':
        return { kind: 'away' }
      case 'gone':
        return { kind: 'gone' }
    }
    return null
  }
}

function isChange(shown: BoardJson | BoardChange): shown is BoardChange {
  return 'gone' in shown
}

/** The board after a change, in the order in which the server lists it. */
function applyChange(before: BoardJson, { gone, ...change }: BoardChange): BoardJson {
  const rows = new Map<string, BoardRow>(before.pipelines.map((row) => [nameOf(row), row]))
  for (const left of gone) rows.delete(nameOf(left))
  for (const row of change.pipelines) rows.set(nameOf(row), row)
  return { ...change, pipelines: orderRows([...rows.values()]) }
}
