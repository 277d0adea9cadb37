import type { HeldPlace } from '../pipeline/model/hold.ts'
import type { Light } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Shown } from '../render/board-row.ts'
import type { Notice } from '../render/configuration-notice.ts'
import type { Told } from '../render/pipeline-detail.ts'

export type BoardQuery = {
  readonly repository?: string
  readonly lights?: readonly Light[]
  readonly after?: string
  readonly limit?: number
}

/** Each pipeline once, at its light; `held` and `needsYou` beside it. */
export type Counts = Readonly<Record<'running' | 'review' | 'queued' | 'failed' | 'held' | 'needsYou', number>>

/** The board at one moment: counts and rows agree. */
export type Board = {
  readonly counts: Counts
  readonly rows: readonly Shown[]
  readonly next: string | null
  readonly asOf: Instant
  readonly doneToday: number
  readonly lastDeliveryAt: Instant | null
  readonly failedDeliveries: number
  /** What is held whole: everything, and of the repositories that were asked for those that are. */
  readonly holds: readonly HeldPlace[]
  /** Of the repositories that were asked for, those whose file is mistaken. */
  readonly mistaken: readonly Notice[]
}

export type Issue = {
  readonly shown: Shown
  readonly history: readonly Told[]
  readonly asOf: Instant
  /** What is wrong in the file of its repository, if anything is. */
  readonly mistaken: readonly Notice[]
}

/** What pages, streams and probes read. Each method rejects with Away when the database cannot be read. */
export type Reader = {
  board(query: BoardQuery): Promise<Board>
  issue(repository: string, number: number): Promise<Issue | null>
  /** The repository's name as GitHub spells it; null when Andon does not know it. */
  repository(name: string): Promise<string | null>
  /** Why a delivery could not be committed now; null when it could. */
  obstacle(): Promise<string | null>
  /** Hears of every change; `lost` asks for a fresh reading of everything. */
  listen(heard: () => void, lost: () => void): Promise<() => Promise<void>>
}
