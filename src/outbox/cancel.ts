// Asks GitHub to cancel runs. Asking twice does no harm, so nothing has to be recovered.
import type { CancelResult } from '../github/workflow-runs.ts'
import { permissionsFor, recordAccessWorks } from './access.ts'
import { callOutcomeOf, retryAt } from './call-outcome.ts'
import { type ClaimedEffect, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome, MAX_TRIES_OF_MISSING } from './failed-effect.ts'
import { performNextEffect } from './perform-effects.ts'
import { type EffectOutcome, reportOutcome } from './report-outcome.ts'

/** Sends the next cancellation that is due, if the budget allows it; resolves to how many were claimed. */
export async function cancelNextRun(o: PerformContext): Promise<number> {
  return await performNextEffect(o, { type: 'cancel', write: 'change' }, (claimed) => cancelRun(o, claimed))
}

async function cancelRun(o: PerformContext, claimed: ClaimedEffect<'cancel'>): Promise<void> {
  const { id, token, effect, access, repository, tryNumber } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt: tryNumber }
  try {
    const answer = await o.github.cancelRun(access, effect.runId, effect.force)
    if (answer === 'gone' && tryNumber <= MAX_TRIES_OF_MISSING) {
      // A run that GitHub does not know at once may live all the same.
      const error = 'GitHub knows no such run'
      return await recordEffectOutcome(o, { id, token, state: 'due', dueAt: retryAt(tryNumber, o.now()), error })
    }
    await reportCancelled(o, claimed, answer, { state: answer === 'refused' ? 'refused' : 'done' })
    o.log.info({ ...fields, answer }, 'cancelled')
    await recordAccessWorks(o, access, permissionsFor(effect, false))
  } catch (error) {
    const outcome = callOutcomeOf(error, { intent: 'change', tryNumber, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not cancelled')
    const failed = await failedEffectOutcome(o, claimed, outcome)
    if (outcome.kind === 'give up') await reportCancelled(o, claimed, 'refused', failed)
    else await recordEffectOutcome(o, { id, token, ...failed })
  }
}

async function reportCancelled(
  o: PerformContext,
  claimed: ClaimedEffect<'cancel'>,
  answer: CancelResult,
  result: EffectOutcome,
): Promise<void> {
  const { effect, repository } = claimed
  const { key, issueNumber, attemptKey, runId, force } = effect
  const at = o.now()
  const evidence = { kind: 'read', id: key, at } as const
  const event = {
    type: 'cancel.answered',
    at,
    evidence,
    repository,
    issueNumber,
    key: attemptKey,
    runId,
    outcome: answer,
    force,
  } as const
  await reportOutcome(o, claimed, event, result)
}
