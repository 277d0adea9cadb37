// Reactions show the sender of a command that it was read, and that it is carried out. GitHub ignores a second equal
// reaction and a second removal, so nothing has to be recovered.

import { loadEffectState } from '../store/effects.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { permissionsFor, recordAccessWorks } from './access.ts'
import { callOutcomeOf, MAX_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome } from './failed-effect.ts'
import { performNextEffect } from './perform-effects.ts'
import { isOverReaderQuota, OVER_READER_QUOTA } from './reader-quota.ts'

/** Sends the next reaction that is due, if the budget allows it; resolves to how many were claimed. */
export async function sendNextReaction(o: PerformContext): Promise<number> {
  return await performNextEffect(o, { type: 'react', write: 'create' }, async (claimed) => {
    const { effect, repository, access } = claimed
    const { commentId, content, mayWrite } = effect
    await perform(o, claimed, async () => {
      if (!mayWrite && (await isOverReaderQuota(o, repository.id))) return OVER_READER_QUOTA
      const isReplaced = async () => content === 'eyes' && (await stateOf(o, claimed, rocketKey(commentId))) !== null
      const shown = (await isReplaced()) ? 'rocket' : content
      await o.github.createReaction(access, commentId, shown)
      // This process may have been frozen while the rocket replaced the eyes.
      if (shown === 'eyes' && (await isReplaced())) await o.github.deleteReaction(access, commentId, 'eyes')
      return null
    })
  })
}

/** Sends the next part of a swap that is due: the rocket, or the removal of the eyes. */
export async function sendNextSwap(o: PerformContext): Promise<number> {
  return await performNextEffect(o, { type: 'swap', write: 'create' }, async (claimed) => {
    const { id, token, access, effect } = claimed
    const { commentId, content } = effect
    // The comment is never without a reaction: the rocket goes first.
    if (content === 'eyes' && (await stateOf(o, claimed, rocketKey(commentId))) === 'due') {
      const dueAt = millisecondsAfter(o.now(), ROCKET_FIRST_MS)
      return await recordEffectOutcome(o, { id, token, state: 'due', dueAt, isSnooze: true })
    }
    await perform(o, claimed, async () => {
      // Something else in the comment was refused, or its sender may no longer read: that stays.
      if ((await stateOf(o, claimed, `react/${commentId}/eyes`)) === null) return 'there are no eyes to swap'
      if (content === 'rocket') await o.github.createReaction(access, commentId, 'rocket')
      else await o.github.deleteReaction(access, commentId, 'eyes')
      return null
    })
  })
}

const ROCKET_FIRST_MS = 2_000

type ClaimedReaction = ClaimedEffect<'react'> | ClaimedEffect<'swap'>

function rocketKey(commentId: number): string {
  return `swap/${commentId}/add`
}

/** Of another effect of the same comment; null when there is none. */
async function stateOf(o: PerformContext, { repository }: ClaimedReaction, key: string) {
  return await loadEffectState(o.database, { repositoryId: repository.id, key })
}

/** Performs an effect that may be performed again; `send` resolves to why nothing is to be done, or to null. */
async function perform(o: PerformContext, claimed: ClaimedReaction, send: () => Promise<string | null>): Promise<void> {
  const { id, token, tryNumber, access, effect, repository } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt: tryNumber }
  if (tryNumber > MAX_TRIES) {
    return await recordEffectOutcome(o, { id, token, state: 'buried', error: 'every try ended without a result' })
  }
  try {
    const refusal = await send()
    if (refusal !== null) return await recordEffectOutcome(o, { id, token, state: 'refused', error: refusal })
    await recordEffectOutcome(o, { id, token, state: 'done' })
    o.log.info(fields, 'reacted')
    await recordAccessWorks(o, access, permissionsFor(effect, false))
  } catch (error) {
    const outcome = callOutcomeOf(error, { intent: 'change', tryNumber, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not reacted')
    await recordEffectOutcome(o, { id, token, ...(await failedEffectOutcome(o, claimed, outcome)) })
  }
}
