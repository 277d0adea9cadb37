// Reactions tell whoever gave a command that it was read. GitHub takes the same one twice as once, so this needs no
// looking back.
import { GitHubFailure } from '../github/failure.ts'
import { backedOff, type Claimed, type Performer, settle, TRIES } from './claim-effects.ts'
import { carryOut } from './perform-effects.ts'
import { keepSilent } from './rate-limit.ts'
import { isPatienceSpent, PATIENCE_IS_SPENT } from './reader-quota.ts'

/** Sends what is due, as far as the budgets allow; resolves to how many were taken in hand. */
export async function react(o: Performer, stopping?: AbortSignal): Promise<number> {
  return await carryOut(o, { type: 'react', write: 'creation' }, (claimed) => reactOne(o, claimed), stopping)
}

async function reactOne(o: Performer, claimed: Claimed<'react'>): Promise<void> {
  const { id, token, attempt, where, effect, repository } = claimed
  const fields = { repository: repository.fullName, effect: effect.key, attempt }
  if (!effect.mayWrite && (await isPatienceSpent(o, repository.id))) {
    return await settle(o, {
      id,
      token,
      state: 'refused',
      error: PATIENCE_IS_SPENT,
    })
  }
  try {
    await o.github.react(where, effect.commentId, effect.content)
    await settle(o, { id, token, state: 'done' })
    o.log.info(fields, 'reacted')
  } catch (error) {
    const failure = error instanceof GitHubFailure ? error : null
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, kind: failure?.kind ?? 'error', reason }, 'not reacted')
    if (failure?.kind === 'wait') {
      const dueAt = await keepSilent(o.database, where.installationId, failure, o.now)
      return await settle(o, { id, token, state: 'due', dueAt, error: reason, uncounted: true })
    }
    // The comment is gone, or GitHub lets nobody react to it.
    const isOver = failure?.kind === 'gone' || failure?.kind === 'refuse' || attempt >= TRIES
    if (isOver) return await settle(o, { id, token, state: 'refused', error: reason })
    await settle(o, { id, token, state: 'due', dueAt: backedOff(attempt, o.now()), error: reason })
  }
}
