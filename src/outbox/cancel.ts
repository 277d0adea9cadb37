// Asks GitHub to end runs. To ask twice does no harm, so this needs no looking back.
import { GitHubFailure } from '../github/failure.ts'
import { backedOff, type Claimed, type Performer, settle, TRIES } from './claim-effects.ts'
import { carryOut } from './perform-effects.ts'
import { keepSilent } from './rate-limit.ts'
import { type Outcome, tell } from './report-outcome.ts'

/** Cancels what is due, as far as the budgets allow; resolves to how many were taken in hand. */
export async function cancelRuns(o: Performer, stopping?: AbortSignal): Promise<number> {
  return await carryOut(o, { type: 'cancel', write: 'change' }, (claimed) => cancelOne(o, claimed), stopping)
}

async function cancelOne(o: Performer, claimed: Claimed<'cancel'>): Promise<void> {
  const { effect, where, repository, attempt } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt }
  try {
    const told = await o.github.cancelRun(where, effect.runId, effect.force)
    await tellCancelled(o, claimed, told, { state: told === 'refused' ? 'refused' : 'done' })
    o.log.info({ ...fields, told }, 'cancelled')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, reason }, 'not cancelled')
    await putBack(o, claimed, error instanceof GitHubFailure ? error : null, reason)
  }
}

async function tellCancelled(
  o: Performer,
  claimed: Claimed<'cancel'>,
  told: 'accepted' | 'refused' | 'gone',
  outcome: Outcome,
): Promise<void> {
  const { effect, repository } = claimed
  const { key, issueNumber, attemptKey, runId, force } = effect
  const at = o.now()
  const evidence = { kind: 'read', id: key, at } as const
  const event = {
    type: 'cancel.told',
    at,
    evidence,
    repository,
    issueNumber,
    key: attemptKey,
    runId,
    told,
    force,
  } as const
  await tell(o, claimed, event, outcome)
}

async function putBack(
  o: Performer,
  claimed: Claimed<'cancel'>,
  failure: GitHubFailure | null,
  error: string,
): Promise<void> {
  const { id, token, attempt, where } = claimed
  if (failure?.kind === 'wait') {
    const dueAt = await keepSilent(o.database, where.installationId, failure, o.now)
    return await settle(o, { id, token, state: 'due', dueAt, error, uncounted: true })
  }
  if (failure !== null && attempt >= TRIES)
    return await tellCancelled(o, claimed, 'refused', { state: 'buried', error })
  await settle(o, { id, token, state: 'due', dueAt: backedOff(attempt, o.now()), error })
}
