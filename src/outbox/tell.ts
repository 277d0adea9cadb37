// What the outbox learned, told through the one door. What it says of an effect counts only while its claim is held.
import type { DispatchTold, Event } from '../pipeline/events.ts'
import type { Settlement } from '../store/effects.ts'
import type { Claimed, Performer } from './effects.ts'

/** What became of the effect in hand. */
export type Outcome = Omit<Settlement, 'id' | 'token'>

/** Tells an event and settles the effect in the same transaction; false when somebody else has the effect by now. */
export async function tell(
  o: Performer,
  { id, token }: Pick<Claimed<'ask'>, 'id' | 'token'>,
  event: Event,
  outcome: Outcome,
): Promise<boolean> {
  const { state, duplicate } = await o.door.apply({ effect: { id, token, ...outcome }, event })
  if (state === 'failed') throw new Error(`what became of it could not be applied: ${event.type}`)
  return !duplicate
}

/** Says that the dispatch in hand is being sent; false when it must not be, because it is held or somebody else has it. */
export async function tellSending(o: Performer, claimed: Claimed<'dispatch'>): Promise<boolean> {
  const { id, token } = claimed
  const event = dispatchTold(o, claimed, { state: 'sending' })
  const { state, duplicate, heldBack = false } = await o.door.apply({ effect: { id, token, state: 'sending' }, event })
  if (state === 'failed') throw new Error(`what became of it could not be applied: ${event.type}`)
  return !duplicate && !heldBack
}

/** Tells an event that is true whoever has the effect. */
export async function tellAnyway(o: Performer, event: Event): Promise<void> {
  const { state } = await o.door.apply({ event })
  if (state === 'failed') throw new Error(`it could not be applied: ${event.type}`)
}

/** What became of a dispatch, as an event. */
export function dispatchTold(o: Performer, { effect, repository }: Claimed<'dispatch'>, told: DispatchTold): Event {
  const at = o.now()
  const { key, issueNumber, attemptKey } = effect
  const evidence = { kind: 'read', id: key, at } as const
  return { type: 'dispatch.told', at, evidence, repository, issueNumber, key: attemptKey, told }
}
