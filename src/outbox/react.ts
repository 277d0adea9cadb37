// Reactions show the sender of a command that it was read. GitHub ignores a second equal reaction, so nothing has to be
// recovered.
import { permissionsFor, recordAccessWorks } from './access.ts'
import { callOutcomeOf, MAX_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome } from './failed-effect.ts'
import { performNextEffect } from './perform-effects.ts'
import { isOverReaderQuota, OVER_READER_QUOTA } from './reader-quota.ts'

/** Sends the next reaction that is due, if the budget allows it; resolves to how many were claimed. */
export async function sendNextReaction(o: PerformContext): Promise<number> {
  return await performNextEffect(o, { type: 'react', write: 'create' }, (claimed) => sendReaction(o, claimed))
}

async function sendReaction(o: PerformContext, claimed: ClaimedEffect<'react'>): Promise<void> {
  const { id, token, tryNumber, access, effect, repository } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt: tryNumber }
  if (tryNumber > MAX_TRIES) {
    return await recordEffectOutcome(o, { id, token, state: 'buried', error: 'every try ended without a result' })
  }
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
    await recordAccessWorks(o, access, permissionsFor(effect, false))
  } catch (error) {
    const outcome = callOutcomeOf(error, { intent: 'change', tryNumber, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not reacted')
    await recordEffectOutcome(o, { id, token, ...(await failedEffectOutcome(o, claimed, outcome)) })
  }
}
