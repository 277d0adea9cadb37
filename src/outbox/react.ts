// Reactions tell whoever gave a command that it was read. GitHub takes the same one twice as once, so this needs no
// looking back.
import { GitHubFailure } from '../github/failure.ts'
import {
  backOffUntil,
  type ClaimedEffect,
  MAX_TRIES,
  type PerformContext,
  recordEffectOutcome,
} from './claim-effects.ts'
import { performEffects } from './perform-effects.ts'
import { blockInstallation } from './rate-limit.ts'
import { isOverReaderQuota, OVER_READER_QUOTA } from './reader-quota.ts'

/** Sends what is due, as far as the budgets allow; resolves to how many were taken in hand. */
export async function sendReactions(o: PerformContext, stopping?: AbortSignal): Promise<number> {
  return await performEffects(o, { type: 'react', write: 'create' }, (claimed) => sendReaction(o, claimed), stopping)
}

async function sendReaction(o: PerformContext, claimed: ClaimedEffect<'react'>): Promise<void> {
  const { id, token, tryNumber, access, effect, repository } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt: tryNumber }
  if (!effect.mayWrite && (await isOverReaderQuota(o, repository.id))) {
    return await recordEffectOutcome(o, {
      id,
      token,
      state: 'refused',
      error: OVER_READER_QUOTA,
    })
  }
  try {
    await o.github.createReaction(access, effect.commentId, effect.content)
    await recordEffectOutcome(o, { id, token, state: 'done' })
    o.log.info(fields, 'reacted')
  } catch (error) {
    const failure = error instanceof GitHubFailure ? error : null
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, kind: failure?.kind ?? 'error', reason }, 'not reacted')
    if (failure?.kind === 'rate_limited') {
      const dueAt = await blockInstallation(o.database, access.installationId, failure, o.now)
      return await recordEffectOutcome(o, { id, token, state: 'due', dueAt, error: reason, isSnooze: true })
    }
    // The comment is gone, or GitHub lets nobody react to it.
    const isOver = failure?.kind === 'not_found' || failure?.kind === 'refused' || tryNumber >= MAX_TRIES
    if (isOver) return await recordEffectOutcome(o, { id, token, state: 'refused', error: reason })
    await recordEffectOutcome(o, { id, token, state: 'due', dueAt: backOffUntil(tryNumber, o.now()), error: reason })
  }
}
