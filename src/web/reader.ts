import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { ActiveHold } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { LineCounts } from '../pipeline/view/verdict.ts'
import type { AccessNotice } from '../render/access-problem.ts'
import type { BoardPipeline } from '../render/board-row.ts'
import type { ConfigurationNotice } from '../render/configuration-notice.ts'
import type { BoardOrder, BoardSelection } from '../store/board-filter.ts'

export type BoardPageQuery = BoardSelection & {
  readonly repository?: string
  readonly order?: BoardOrder
  readonly after?: string
  readonly limit?: number
}

/**
 * Each open pipeline is counted once, at its light; the others are counted apart. `mistaken` files are among those that
 * need a person.
 */
export type BoardPageCounts = LineCounts & Readonly<Record<'running' | 'review' | 'queued' | 'mistaken', number>>

/** The board at one moment: counts and rows agree. */
export type BoardPage = {
  readonly counts: BoardPageCounts
  /** How many rows there are on all pages. */
  readonly matched: number
  /** Nothing from GitHub reaches Andon. */
  readonly isBlind: boolean
  readonly rows: readonly BoardPipeline[]
  readonly next: string | null
  /** The repositories with their counts, if they are asked for in that order. */
  readonly repositories: readonly RepositoryLine[]
  readonly asOf: Instant
  readonly doneToday: number
  readonly lastDeliveryAt: Instant | null
  readonly failedDeliveries: number
  /** Holds on everything, and on whole repositories among those that were asked for. */
  readonly holds: readonly ActiveHold[]
  /** The repositories, among those that were asked for, whose file has problems. */
  readonly configurationNotices: readonly ConfigurationNotice[]
  /** What GitHub refuses now. */
  readonly accessNotices: readonly AccessNotice[]
}

export type IssuePage = {
  readonly shown: BoardPipeline
  readonly history: readonly HistoryEntry[]
  readonly asOf: Instant
  /** The problems in the file of its repository, if it has any. */
  readonly configurationNotices: readonly ConfigurationNotice[]
  readonly accessNotices: readonly AccessNotice[]
}

export type RepositoriesPage = {
  readonly asOf: Instant
  readonly repositories: readonly RepositoryLine[]
}

/** One repository with its counts; `mistaken` is its file. */
export type RepositoryLine = Readonly<Record<'running' | 'review' | 'queued' | 'failed' | 'needsYou', number>> & {
  readonly repository: string
  readonly mistaken: boolean
}

/** What pages, streams and probes read. Each method rejects with ServiceUnavailable when the database cannot be read. */
export type Reader = {
  loadBoard(query: BoardPageQuery): Promise<BoardPage>
  loadIssue(repository: string, number: number): Promise<IssuePage | null>
  /** The repository's name as GitHub spells it; null when Andon does not know it. */
  findRepository(name: string): Promise<string | null>
  /** The repositories of an owner, or of all owners, with their counts. */
  listRepositories(owner: string | null): Promise<RepositoriesPage>
  /** Why a delivery could not be committed now; null when it could. */
  whyNotReady(): Promise<string | null>
  /** Calls `changed` on every change, and `lost` when changes may have been missed. */
  listen(changed: () => void, lost: () => void): Promise<() => Promise<void>>
}
