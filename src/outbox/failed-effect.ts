import type { Effect } from '../pipeline/model/effects.ts'
import { findAccessBlock } from '../store/access-problems.ts'
import { permissionsFor, recordNoAccess } from './access.ts'
import { type CallOutcome, retryAt } from './call-outcome.ts'
import { type ClaimedEffect, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { blockInstallation } from './rate-limit.ts'
import type { EffectOutcome } from './report-outcome.ts'

/**
 * The outcome of an effect whose call failed. A `due` effect becomes due again; a lookup is repeated. At a rate limit
 * the whole installation waits.
 */
export async function failedEffectOutcome(
  o: PerformContext,
  { access, state, tryNumber }: Pick<ClaimedEffect<Effect['type']>, 'access' | 'state' | 'tryNumber'>,
  outcome: CallOutcome,
): Promise<EffectOutcome> {
  const error = outcome.words
  const isLookup = state !== 'due'
  switch (outcome.kind) {
    case 'retry':
      return { state: isLookup ? 'unconfirmed' : 'due', dueAt: outcome.at, error }
    case 'wait': {
      await blockInstallation(o.database, access.installationId, outcome.until, o.now)
      const dueAt = outcome.until
      return isLookup ? { state: 'unconfirmed', dueAt, error } : { state: 'due', dueAt, error, isSnooze: true }
    }
    case 'no access': {
      const dueAt = await recordNoAccess(o, access, outcome.problem)
      return { state: isLookup ? 'unconfirmed' : 'due', dueAt, error, isSnooze: !isLookup }
    }
    case 'unconfirmed':
      return { state: 'unconfirmed', dueAt: outcome.recoverAt, error }
    case 'gone':
      if (!isLookup && tryNumber <= MAX_TRIES_OF_MISSING)
        return { state: 'due', dueAt: retryAt(tryNumber, o.now()), error }
      return { state: 'refused', error }
    case 'refused':
      return { state: 'refused', error }
    case 'give up':
      return { state: 'buried', error }
  }
}

/** What was just made may be missing for a while: with backoff, these tries end two minutes after the first. */
export const MAX_TRIES_OF_MISSING = 3

/** Postpones a claimed effect while GitHub refuses such calls, without counting a try; false when it may be performed. */
export async function postponeWithoutAccess<K extends Effect['type']>(
  o: PerformContext,
  { id, token, access, effect, state }: ClaimedEffect<K>,
): Promise<boolean> {
  const isLookup = state !== 'due'
  const dueAt = await findAccessBlock(o.database.kysely, access, permissionsFor(effect, isLookup), o.now())
  if (dueAt === null) return false
  await recordEffectOutcome(o, { id, token, state: isLookup ? 'unconfirmed' : 'due', dueAt, isSnooze: !isLookup })
  return true
}
