// What the outbox learned, told through the one door. What it says of an effect counts only while its claim is held.
import type { DispatchOutcome, Event } from '../pipeline/model/events.ts'
import type { EffectResult } from '../store/effects.ts'
import type { ClaimedEffect, PerformContext } from './claim-effects.ts'

/** What became of the effect in hand. */
export type EffectOutcome = Omit<EffectResult, 'id' | 'token'>

/**
 * Tells an event and settles the effect in the same transaction; false when somebody else has the effect by now, and when
 * the event says that it is being sent and the cord holds it.
 */
export async function reportOutcome(
  o: PerformContext,
  { id, token }: Pick<ClaimedEffect<'ask'>, 'id' | 'token'>,
  event: Event,
  outcome: EffectOutcome,
): Promise<boolean> {
  const { state, duplicate, requeuedByHold = false } = await o.door.apply({ effect: { id, token, ...outcome }, event })
  if (state === 'failed') throw new Error(`what became of it could not be applied: ${event.type}`)
  return !duplicate && !requeuedByHold
}

/** Tells an event that is true whoever has the effect. */
export async function reportEvent(o: PerformContext, event: Event): Promise<void> {
  const { state } = await o.door.apply({ event })
  if (state === 'failed') throw new Error(`it could not be applied: ${event.type}`)
}

/** What became of a dispatch, as an event. */
export function dispatchEventOf(
  o: PerformContext,
  { effect, repository }: ClaimedEffect<'dispatch'>,
  outcome: DispatchOutcome,
): Event {
  const at = o.now()
  const { key, issueNumber, attemptKey } = effect
  const evidence = { kind: 'read', id: key, at } as const
  return { type: 'dispatch.updated', at, evidence, repository, issueNumber, key: attemptKey, outcome }
}
