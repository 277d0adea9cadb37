import type { Place } from '../../commands/commands.ts'
import type { Evidence } from './evidence.ts'
import type { Instant } from './time.ts'

/** What the cord was last pulled for, or let go at, who did so, and since when that holds. */
export type CordWord = {
  readonly place: Place | { readonly kind: 'everything' }
  /** A login on GitHub; for everything, the operator's name on the machine. */
  readonly by: string
  /** The reason, as it was written; null once the cord was let go. */
  readonly why: string | null
  readonly since: Instant
  readonly evidence: Evidence
}

/** A cord that is pulled: nothing starts in its place. */
export type Hold = CordWord & { readonly why: string }

/** A repository that is held, or with null everything. */
export type HeldPlace = { readonly repository: string | null; readonly hold: Hold }

/** The last words about what lies around a pipeline; null where nobody ever said one. */
export type Around = { readonly repository: CordWord | null; readonly everything: CordWord | null }
