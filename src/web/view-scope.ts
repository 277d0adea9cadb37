import type { BoardPageQuery } from './reader.ts'

/** What a viewer looks at: every repository, one of them, or one issue; of a board, which rows and how. */
export type ViewScope = {
  readonly repository: string | null
  readonly issue: number | null
  readonly filter: BoardFilter
  /** The press that led here, whose result is shown. */
  readonly pressed: string | null
  /** The operators' page instead of a board. */
  readonly isHealth?: true
}

export const HEALTH_SCOPE: ViewScope = { repository: null, issue: null, filter: {}, pressed: null, isHealth: true }

/** Which rows of a board. */
export type BoardFilter = Omit<BoardPageQuery, 'repository' | 'limit'>
