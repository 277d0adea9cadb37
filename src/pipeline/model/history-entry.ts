import type { Evidence } from './evidence.ts'
import type { Instant } from './time.ts'

/** A line of history: what happened, in words. */
export type HistoryEntry = {
  readonly at: Instant
  readonly type: string
  readonly actor: string | null
  readonly text: string
  readonly evidence: Evidence | null
}
