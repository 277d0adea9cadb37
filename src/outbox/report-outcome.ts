// Reports outcomes through the door. The outcome of an effect counts only while its claim is valid.
import type { RepositoryAccess } from '../github/request.ts'
import type { DispatchOutcome, Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { EffectResult } from '../store/effects.ts'
import type { ClaimedEffect, PerformContext } from './claim-effects.ts'

/** The outcome of a claimed effect. */
export type EffectOutcome = Omit<EffectResult, 'id' | 'token'>

/**
 * Applies an event and saves the effect's outcome in the same transaction. False when the claim is lost, or when the
 * event says that a dispatch is being sent and its attempt is held.
 */
export async function reportOutcome(
  o: PerformContext,
  { id, token }: Pick<ClaimedEffect<'ask'>, 'id' | 'token'>,
  event: Event,
  outcome: EffectOutcome,
): Promise<boolean> {
  const { state, duplicate, requeuedByHold = false } = await o.door.apply({ effect: { id, token, ...outcome }, event })
  if (state === 'failed') throw new Error(`the outcome of an effect could not be applied: ${event.type}`)
  return !duplicate && !requeuedByHold
}

/** Applies an event that is true whether or not the claim is valid. */
export async function reportEvent(o: PerformContext, event: Event): Promise<void> {
  const { state } = await o.door.apply({ event })
  if (state === 'failed') throw new Error(`an event could not be applied: ${event.type}`)
}

/** A call by the repository's name was redirected: its present name is asked. */
export function repositoryRedirected(
  { repositoryId, installationId, owner, name }: RepositoryAccess,
  at: Instant,
): Event {
  const fullName = `${owner}/${name}`
  const repository = { id: repositoryId, fullName, private: true, defaultBranch: null, installationId }
  return { type: 'repository.redirected', at, evidence: { kind: 'read', id: `redirect/${fullName}`, at }, repository }
}

/** The outcome of a dispatch as an event. */
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
