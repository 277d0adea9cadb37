import type { LatencyReading } from '../health/report.ts'
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { ActiveHold } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { LineCounts } from '../pipeline/view/verdict.ts'
import type { AccessNotice } from '../render/access-problem.ts'
import type { BoardPipeline } from '../render/board-row.ts'
import type { ConfigurationNotice } from '../render/configuration-notice.ts'
import type { BoardOrder, BoardSelection } from '../store/board-filter.ts'
import type { RepositoryCounts } from '../store/board-repositories.ts'
import type { StoredPress } from '../store/presses.ts'

export type BoardPageQuery = BoardSelection & {
  readonly repository?: string
  readonly order?: BoardOrder
  readonly after?: string
  readonly limit?: number
}

/**
 * Each open pipeline is counted once, at its light; the others are counted apart. `mistaken` files are among what
 * needs a person: those that no pipeline waits for and is counted for.
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
  readonly repositories: readonly RepositoryCounts[]
  readonly asOf: Instant
  readonly doneToday: number
  readonly lastDeliveryAt: Instant | null
  /** How long deliveries took in the last hour; null when nobody knows. */
  readonly latency: LatencyReading | null
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
  /** Newest first, perhaps without the oldest. */
  readonly history: readonly HistoryEntry[]
  readonly isWholeHistory: boolean
  /** GitHub's ids of the comments and check runs that show it, by their surfaces. */
  readonly published: Readonly<Record<string, number>>
  readonly asOf: Instant
  /** The problems in the file of its repository, if it has any. */
  readonly configurationNotices: readonly ConfigurationNotice[]
  readonly accessNotices: readonly AccessNotice[]
}

/** What is shown of a page to one viewer alone. Boards are read once for all who may see the same, and never contain it. */
export type OwnPart = {
  /** Whether the controls of the place are shown: by what GitHub said when it listed what the viewer sees. */
  readonly mayPress: boolean
  /** The viewer's press that led to the page. */
  readonly press: StoredPress | null
}

export type OwnScope = { readonly repository: string | null; readonly pressed: string | null }

export type RepositoriesPage = {
  readonly asOf: Instant
  readonly repositories: readonly RepositoryCounts[]
}

/** What pages, streams and probes read. Each method rejects with ServiceUnavailable when the database cannot be read. */
export type Reader = {
  loadBoard(query: BoardPageQuery): Promise<BoardPage>
  /** One whose health is unknown is also read again from GitHub soon. */
  loadIssue(repository: string, number: number): Promise<IssuePage | null>
  /** The repository of that name, as events name it; null when it is not seen. */
  findRepository(name: string): Promise<RepositoryRef | null>
  /** The repositories of an owner with their counts. */
  listRepositories(owner: string): Promise<RepositoriesPage>
  /** What of that page is for who asks alone. */
  loadOwnPart(scope: OwnScope): Promise<OwnPart>
  /** Why a delivery could not be committed now; null when it could. */
  whyNotReady(): Promise<string | null>
  /** Calls `changed` with the notification of every change, and `lost` when changes may have been missed. */
  listen(changed: (payload: string) => void, lost: () => void): Promise<() => Promise<void>>
}
