// Which effect is performed next, and by whom. A claim ends by itself (store/claims.ts), later than the calls made under
// it may take; only whoever holds its token may say what came of it.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { CLAIM_MS } from '../store/claims.ts'
import type { Database, Transaction } from '../store/database.ts'
import { type EffectResult, isFirstReply, type isReplyOn, saveEffectResults } from '../store/effects.ts'
import { isNotHeld } from '../store/holds.ts'
import { splitFullName } from './publish-claim.ts'
import { takeWriteSlot } from './rate-limit.ts'
import type { WriteKind } from './write-budget.ts'

export type PerformContext = {
  readonly database: Database
  readonly door: Door
  readonly github: GitHub
  readonly now: () => Instant
  readonly log: Logger
  readonly token: () => string
}

type EffectType = Effect['type']
type ClaimableState = 'due' | 'sending' | 'unconfirmed'

/** An effect in hand, and the repository as it is called at present. */
export type ClaimedEffect<K extends EffectType> = {
  readonly id: number
  readonly token: string
  readonly effect: Extract<Effect, { type: K }>
  /** What it had come to when it was claimed. */
  readonly state: ClaimableState
  /** How often it was begun, this time included: counted first, so that a try that kills the process counts too. */
  readonly tryNumber: number
  readonly sentAt: Instant | null
  /** How often it was looked for in vain, and when last. */
  readonly misses: number
  readonly missedAt: Instant | null
  readonly repository: RepositoryRef
  readonly access: RepositoryAccess
}

/** Claims effects in these states, those that wait longest first; a try is counted for those that are begun. */
export async function claimEffects<K extends EffectType>(
  o: PerformContext,
  type: K,
  states: readonly ClaimableState[],
  max: number,
  keyPrefix = '',
): Promise<readonly ClaimedEffect<K>[]> {
  const token = o.token()
  return await o.database.kysely.transaction().execute(async (trx) => {
    const due = dueEffects(trx, type, states, o.now())
    const rows = await due.where('effects.key', 'like', `${keyPrefix}%`).limit(max).execute()
    await markClaimed(trx, rows, token, o.now())
    return rows.map((row) => claimedEffectOf<K>(row, token))
  })
}

/** An effect with its slot; `deniedUntil` when it has to wait for one. */
export type ClaimedWrite<K extends EffectType> = {
  readonly claimed: ClaimedEffect<K>
  readonly batched: readonly ClaimedEffect<K>[]
  readonly deniedUntil: Instant | null
}

/** Claims the next effect that writes, together with its slot, and in the same transaction what may go out with it. */
export async function claimNextWrite<K extends Exclude<EffectType, 'ask'>>(
  o: PerformContext,
  type: K,
  write: WriteKind,
  claimBatch: (
    trx: Transaction,
    claimed: ClaimedEffect<K>,
    now: Instant,
  ) => Promise<readonly ClaimedEffect<K>[]> = async () => [],
): Promise<ClaimedWrite<K> | null> {
  const token = o.token()
  return await o.database.kysely.transaction().execute(async (trx) => {
    const now = o.now()
    const row = await dueEffects(trx, type, ['due'], now)
      .where((eb) => eb.or([eb('budgets.installationId', 'is', null), eb('budgets.nextWriteAt', '<=', now)]))
      .$if(type === 'dispatch', (due) => due.where(isNotHeld))
      .$if(type === 'reply', (due) => due.where(isFirstReply(now)))
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return null
    const claimed = claimedEffectOf<K>(row, token)
    const slot = await takeWriteSlot(trx, claimed.access.installationId, write, type, o.now)
    if (!slot.granted) {
      await trx.updateTable('effects').set({ dueAt: slot.until }).where('id', '=', row.id).execute()
      return { claimed, batched: [], deniedUntil: slot.until }
    }
    await markClaimed(trx, [row], token, now)
    return { claimed, batched: await claimBatch(trx, claimed, now), deniedUntil: null }
  })
}

/** Claims more effects of the kind that are due, under the claim of the first. */
export async function claimMore<K extends EffectType>(
  trx: Transaction,
  { token, effect }: ClaimedEffect<K>,
  max: number,
  now: Instant,
  which: ReturnType<typeof isReplyOn>,
): Promise<readonly ClaimedEffect<K>[]> {
  const rows = await dueEffects(trx, effect.type, ['due'], now).where(which).limit(max).execute()
  await markClaimed(trx, rows, token, now)
  return rows.map((row) => claimedEffectOf<K>(row, token))
}

/** Hands an effect back without an event; nothing happens if somebody else has it by now. */
export async function recordEffectOutcome(o: PerformContext, result: EffectResult): Promise<void> {
  await recordEffectOutcomes(o, [result])
}

/** Hands effects back; false when somebody else has any of them by now. */
export async function recordEffectOutcomes(o: PerformContext, results: readonly EffectResult[]): Promise<boolean> {
  const saved = await o.database.kysely.transaction().execute((trx) => saveEffectResults(trx, results, o.now()))
  return saved.size === results.length
}

function dueEffects(trx: Transaction, type: EffectType, states: readonly ClaimableState[], now: Instant) {
  return trx
    .selectFrom('effects')
    .innerJoin('repositories', 'repositories.id', 'effects.repositoryId')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
    .select([
      'effects.id',
      'effects.document',
      'effects.state',
      'effects.tries',
      'effects.sentAt',
      'effects.misses',
      'effects.missedAt',
      'repositories.id as repositoryId',
      'repositories.fullName',
      'repositories.private',
      'repositories.defaultBranch',
      'repositories.installationId',
    ])
    .where('effects.type', '=', type)
    .where('effects.state', 'in', states)
    .where('effects.dueAt', '<=', now)
    .where((eb) => eb.or([eb('effects.claimToken', 'is', null), eb('effects.claimedUntil', '<=', now)]))
    .where('repositories.removedAt', 'is', null)
    .where('installations.state', '=', 'active')
    .where((eb) => eb.or([eb('budgets.installationId', 'is', null), eb('budgets.blockedUntil', '<=', now)]))
    .orderBy('effects.dueAt')
    .orderBy('effects.id')
    .forUpdate('effects')
    .skipLocked()
}

type DueEffectRow = Awaited<ReturnType<ReturnType<typeof dueEffects>['execute']>>[number]

async function markClaimed(
  trx: Transaction,
  rows: readonly DueEffectRow[],
  token: string,
  now: Instant,
): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await trx
    .updateTable('effects')
    .set((eb) => ({
      claimToken: token,
      claimedUntil: millisecondsAfter(now, CLAIM_MS),
      tries: eb
        .case()
        .when('state', '=', 'due')
        .then(eb('tries', '+', 1))
        .else(eb.ref('tries'))
        .end(),
      updatedAt: now,
    }))
    .where('id', 'in', ids)
    .execute()
}

function claimedEffectOf<K extends EffectType>(row: DueEffectRow, token: string): ClaimedEffect<K> {
  const { id, sentAt, misses, missedAt, repositoryId, fullName, installationId, defaultBranch } = row
  return {
    id,
    token,
    // The query asked for this type alone.
    effect: row.document as ClaimedEffect<K>['effect'],
    state: row.state as ClaimableState,
    tryNumber: row.state === 'due' ? row.tries + 1 : row.tries,
    sentAt,
    misses,
    missedAt,
    repository: { id: repositoryId, fullName, private: row.private, defaultBranch, installationId },
    access: { installationId, repositoryId, ...splitFullName(fullName) },
  }
}
