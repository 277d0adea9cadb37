// The order in which the board lists its rows, for readers who are sent only the rows that changed. The database ranks by the
// same rule (src/store/board-columns.ts).
import type { BoardRow } from './board-row.ts'

/** What needs a person first: what failed, what nobody can say of, what is held, what waits; then by light. */
export function orderRows(rows: readonly BoardRow[]): readonly BoardRow[] {
  return rows.toSorted((a, b) => rankOf(a) - rankOf(b) || positionOf(a) - positionOf(b) || a.id - b.id)
}

const BY_LIGHT = ['running', 'review', 'queued', 'idle', 'failed', 'done'] as const

function rankOf({ needsYou, light, health, held }: BoardRow): number {
  if (!needsYou) return 10 + BY_LIGHT.indexOf(light)
  if (light === 'failed') return 0
  if (health !== 'ok') return 1
  return held ? 2 : 3
}

/** The longest in their state first; of what is done, the latest. */
function positionOf({ light, since }: BoardRow): number {
  return Date.parse(since) * (light === 'done' ? -1 : 1)
}
