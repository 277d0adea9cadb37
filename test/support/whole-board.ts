import { type Board, type BoardQuery, loadBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'

/** A board with the rows of all its pages. */
export async function loadWholeBoard(database: Database, query: BoardQuery, now: string): Promise<Board> {
  let page = await loadBoard(database, query, now)
  const rows = [...page.rows]
  while (page.next !== null && rows.length <= page.matched) {
    page = await loadBoard(database, { ...query, after: page.next }, now)
    rows.push(...page.rows)
  }
  return { ...page, rows }
}
