import type { Event } from '../pipeline/model/events.ts'
import type { NewDelivery } from '../store/deliveries.ts'
import type { EffectResult } from '../store/effects.ts'

/** One POST of GitHub's, as it was received. */
export type Delivery = Omit<NewDelivery, 'state' | 'event' | 'error' | 'body'> & {
  /** The raw bytes, kept only while the delivery cannot be applied. */
  readonly body: Uint8Array
}

/** What comes to the door: a delivery, the answer to an effect, or the clock. */
export type ApplyRequest = {
  readonly delivery?: Delivery
  /** The effect this event answers: settled in the same transaction (`done` if not said), or the answer is not taken. */
  readonly effect?: Omit<EffectResult, 'state'> & Partial<Pick<EffectResult, 'state'>>
  /** Null: nothing to act on. */
  readonly event: Event | null
  /** Why it could not be translated: the delivery is kept with this reason. */
  readonly failure?: string
}

/**
 * `duplicate`: it had been taken before, and nothing was done now. `requeuedByHold`: what was to be sent is held; its effect was
 * handed back, and nothing may be sent.
 */
export type ApplyResult = {
  readonly duplicate: boolean
  readonly state: 'applied' | 'ignored' | 'failed'
  readonly requeuedByHold?: boolean
}

/** What an arrival comes to if it is applied without trouble. */
export function expectedStateOf({ event, failure }: ApplyRequest): ApplyResult['state'] {
  if (failure !== undefined) return 'failed'
  return event === null ? 'ignored' : 'applied'
}

/** The database is not there, or not in time. Nothing was promised; come again later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryAfterSeconds = 5
}
