// Asks GitHub to end runs. To ask twice does no harm, so this needs no looking back.
import { GitHubFailure } from '../github/failure.ts'
import type { CancelResult } from '../github/workflow-runs.ts'
import {
  backOffUntil,
  type ClaimedEffect,
  MAX_TRIES,
  type PerformContext,
  recordEffectOutcome,
} from './claim-effects.ts'
import { performEffects } from './perform-effects.ts'
import { blockInstallation } from './rate-limit.ts'
import { type EffectOutcome, reportOutcome } from './report-outcome.ts'

/** Cancels what is due, as far as the budgets allow; resolves to how many were taken in hand. */
export async function cancelRuns(o: PerformContext, stopping?: AbortSignal): Promise<number> {
  return await performEffects(o, { type: 'cancel', write: 'change' }, (claimed) => cancelRun(o, claimed), stopping)
}

async function cancelRun(o: PerformContext, claimed: ClaimedEffect<'cancel'>): Promise<void> {
  const { effect, access, repository, tryNumber } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt: tryNumber }
  try {
    const answer = await o.github.cancelRun(access, effect.runId, effect.force)
    await reportCancelled(o, claimed, answer, { state: answer === 'refused' ? 'refused' : 'done' })
    o.log.info({ ...fields, told: answer }, 'cancelled')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, reason }, 'not cancelled')
    await retryOrBury(o, claimed, error instanceof GitHubFailure ? error : null, reason)
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

async function retryOrBury(
  o: PerformContext,
  claimed: ClaimedEffect<'cancel'>,
  failure: GitHubFailure | null,
  error: string,
): Promise<void> {
  const { id, token, tryNumber, access } = claimed
  if (failure?.kind === 'rate_limited') {
    const dueAt = await blockInstallation(o.database, access.installationId, failure, o.now)
    return await recordEffectOutcome(o, { id, token, state: 'due', dueAt, error, isSnooze: true })
  }
  if (failure !== null && tryNumber >= MAX_TRIES)
    return await reportCancelled(o, claimed, 'refused', { state: 'buried', error })
  await recordEffectOutcome(o, { id, token, state: 'due', dueAt: backOffUntil(tryNumber, o.now()), error })
}
