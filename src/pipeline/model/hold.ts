import type { HoldScope } from '../../commands/commands.ts'
import type { WorkflowHold } from './breaker.ts'
import type { Evidence, Instant } from './time.ts'

/** A hold or a release of a scope: who, why and since when. */
export type HoldOrRelease = {
  readonly place: HoldScope | { readonly kind: 'everything' }
  /** A login on GitHub; for everything, the operator's name on the machine. */
  readonly by: string
  /** The reason, as it was written; null for a release. */
  readonly reason: string | null
  readonly since: Instant
  /** When a hold ends by itself; absent when only a release ends it. */
  readonly until?: Instant
  readonly evidence: Evidence
  /** Of a hold: the release before it and the holds after it, one of which may stand once a late one comes. */
  readonly others?: readonly HoldOrRelease[]
}

/** While a scope is held, nothing starts in it. */
export type Hold = Omit<HoldOrRelease, 'others'> & { readonly reason: string }

/** A held repository, or with null everything. */
export type ActiveHold = { readonly repository: string | null; readonly hold: Hold | WorkflowHold }

/** The latest hold or release of each scope around a pipeline; null where there never was one. */
export type OuterHolds = {
  readonly repository: HoldOrRelease | null
  readonly everything: HoldOrRelease | null
  /** What Andon itself holds in the repository; absent where nobody asks. */
  readonly workflows?: readonly WorkflowHold[]
}
