import type { HoldScope } from '../../commands/commands.ts'
import type { Evidence } from './evidence.ts'
import type { Instant } from './time.ts'

/** What the cord was last pulled for, or let go at, who did so, and since when that holds. */
export type HoldOrRelease = {
  readonly place: HoldScope | { readonly kind: 'everything' }
  /** A login on GitHub; for everything, the operator's name on the machine. */
  readonly by: string
  /** The reason, as it was written; null once the cord was let go. */
  readonly reason: string | null
  readonly since: Instant
  readonly evidence: Evidence
  /** Of a hold: the resume before it and the holds after it, of which one may stand once a word comes late. */
  readonly others?: readonly HoldOrRelease[]
}

/** A cord that is pulled: nothing starts in its place. */
export type Hold = Omit<HoldOrRelease, 'others'> & { readonly reason: string }

/** A repository that is held, or with null everything. */
export type ActiveHold = { readonly repository: string | null; readonly hold: Hold }

/** The last words about what lies around a pipeline; null where nobody ever said one. */
export type OuterHolds = { readonly repository: HoldOrRelease | null; readonly everything: HoldOrRelease | null }
