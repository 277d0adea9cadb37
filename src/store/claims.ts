// Which effect is performed next, and by which worker. A query locks the rows it finds and skips rows that others have
// locked, so no two processes claim the same effect. A claim expires by itself, and only the process with its token may
// save a result.
import { sql } from 'kysely'
import type { Effect } from '../pipeline/model/effects.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database, Transaction } from './database.ts'
import { isNotHeld } from './holds.ts'
import { isFirstReply, isReplyOn } from './pending-writes.ts'
import { asksAboutPresence, hasFreeSlot, isReached, isUnblocked } from './reach.ts'

/**
 * How long a claim lasts. Longer than a call to GitHub may take (10 s) and than a dispatch may take from its intent to
 * its answer (22 s); short enough that another process takes over a dead process's claims within 30 s, the wait for the
 * next query included.
 */
const CLAIM_MS = 25_000

/** When a claim that is made or renewed now ends. */
export function claimEnd(now: Instant, lastsMs = CLAIM_MS): Instant {
  return millisecondsAfter(now, lastsMs)
}

export type ClaimableState = 'due' | 'sending' | 'unconfirmed'

/** An effect that ended as often as this without a result may be what ends its process: it is tried seldom. */
const MAX_TRIES_WITHOUT_RESULT = 8
const SELDOM_CLAIM_MS = 60 * 60_000

/** The token of the claim, and when it is made. */
type Claim = { readonly token: string; readonly now: Instant }

export type DueEffectRow = Awaited<ReturnType<ReturnType<typeof selectDueEffects>['execute']>>[number]

/** Claims the installation's effect in these states that has waited longest. */
export async function claimDueEffect(
  trx: Transaction,
  o: Claim & { installationId: number; type: Effect['type']; states: readonly ClaimableState[]; keyPrefix: string },
): Promise<DueEffectRow | undefined> {
  const row = await selectDueEffects(trx, o.type, o.states, o.now)
    .where('repositories.installationId', '=', o.installationId)
    .where('effects.key', 'like', `${o.keyPrefix}%`)
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  await markClaimed(trx, [row], o, row.tries < MAX_TRIES_WITHOUT_RESULT ? CLAIM_MS : SELDOM_CLAIM_MS)
  return row
}

/** Renews a claim under which several calls are made. */
export async function renewEffectClaim({ kysely }: Database, id: number, { token, now }: Claim): Promise<void> {
  await kysely
    .updateTable('effects')
    .set({ claimedUntil: claimEnd(now) })
    .where('id', '=', id)
    .where('claimToken', '=', token)
    .where('claimedUntil', '<', claimEnd(now))
    .execute()
}

/** Locks the installation's next effect of the type that may write now, if any; it is claimed once it has a slot. */
export async function lockNextWrite(
  trx: Transaction,
  installationId: number,
  type: Exclude<Effect['type'], 'ask'>,
  now: Instant,
): Promise<DueEffectRow | undefined> {
  return await selectDueEffects(trx, type, ['due'], now)
    .where('repositories.installationId', '=', installationId)
    .where(hasFreeSlot(now))
    .$if(type === 'dispatch', (due) => due.where(isNotHeld))
    .$if(type === 'reply', (due) => due.where(isFirstReply(now)))
    .limit(1)
    .executeTakeFirst()
}

/** Claims more replies that are due on the same issue or pull request. */
export async function claimRepliesOn(
  trx: Transaction,
  o: Claim & { repositoryId: number; issueNumber: number; max: number },
): Promise<readonly DueEffectRow[]> {
  const due = selectDueEffects(trx, 'reply', ['due'], o.now).where(isReplyOn(o.repositoryId, o.issueNumber))
  const rows = await due.limit(o.max).execute()
  await markClaimed(trx, rows, o)
  return rows
}

/** Claims locked effects. A try is counted when it starts, so that a try that kills the process counts too. */
export async function markClaimed(
  trx: Transaction,
  rows: readonly Pick<DueEffectRow, 'id'>[],
  { token, now }: Claim,
  lastsMs = CLAIM_MS,
): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await trx
    .updateTable('effects')
    .set((eb) => ({
      claimToken: token,
      claimedUntil: claimEnd(now, lastsMs),
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

/** Postpones an effect that got no slot. */
export async function postponeEffect(trx: Transaction, id: number, until: Instant): Promise<void> {
  await trx.updateTable('effects').set({ dueAt: until }).where('id', '=', id).execute()
}

function selectDueEffects(trx: Transaction, type: Effect['type'], states: readonly ClaimableState[], now: Instant) {
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
    .where(sql<boolean>`(${isReached} or ${asksAboutPresence})`)
    .where(isUnblocked(now))
    .orderBy('effects.dueAt')
    .orderBy('effects.id')
    .forUpdate('effects')
    .skipLocked()
}
