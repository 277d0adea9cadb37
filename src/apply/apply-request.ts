import type { Event } from '../pipeline/model/events.ts'
import type { NewDelivery } from '../store/deliveries.ts'
import type { EffectResult } from '../store/effects.ts'

/** One webhook request of GitHub, as it was received. */
export type Delivery = Omit<NewDelivery, 'state' | 'event' | 'error' | 'body'> & {
  /** The raw bytes, kept only while the delivery cannot be applied. */
  readonly body: Uint8Array
}

/** What comes to the door: a delivery, the answer to an effect, or the clock. */
export type ApplyRequest = {
  readonly delivery?: Delivery
  /** The effect that this event answers; its result is saved in the same transaction, `done` by default. */
  readonly effect?: Omit<EffectResult, 'state'> & Partial<Pick<EffectResult, 'state'>>
  /** Null when there is nothing to act on. */
  readonly event: Event | null
  /** Why the delivery could not be translated; it is stored with this reason. */
  readonly failure?: string
}

/**
 * `duplicate`: it was applied before, and nothing was done now. `requeuedByHold`: the attempt is held, so its dispatch
 * is due again and must not be sent.
 */
export type ApplyResult = {
  readonly duplicate: boolean
  readonly state: 'applied' | 'ignored' | 'failed'
  readonly requeuedByHold?: boolean
}

/** The state of a request that is applied without an error. */
export function expectedStateOf({ event, failure }: ApplyRequest): ApplyResult['state'] {
  if (failure !== undefined) return 'failed'
  return event === null ? 'ignored' : 'applied'
}

/** The database could not commit in time. Nothing was promised, so the caller may retry. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryAfterSeconds = 5
}

/** Somebody else has locked what the request needs. Nothing was promised; it may wait, and others go on. */
export class Locked extends Unavailable {
  readonly repositoryId: number
  /** The repository itself is locked, and not something that more than it may need. */
  readonly isOnlyThere: boolean

  constructor(repositoryId: number, reason: string | null) {
    super(reason ?? 'another transaction has locked the repository')
    this.repositoryId = repositoryId
    this.isOnlyThere = reason === null
  }
}

/** The repository that a request is about, where it names one. */
export function repositoryOf({ event }: ApplyRequest): number | null {
  return event !== null && 'repository' in event ? event.repository.id : null
}
