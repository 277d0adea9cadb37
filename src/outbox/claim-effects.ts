// Which effect is performed next, and by whom. A claim ends by itself (store/claims.ts), later than the calls made under
// it may take; only whoever holds its token may say what came of it.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { Where } from '../github/request.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { CLAIM_MS } from '../store/claims.ts'
import type { Database, Transaction } from '../store/database.ts'
import { isFirstReply, type isReplyAt, type Settlement, settleEffects } from '../store/effects.ts'
import { isNotHeld } from '../store/holds.ts'
import { splitName } from './publish-claim.ts'
import { takeSlot } from './rate-limit.ts'
import type { Write } from './write-budget.ts'

export type Performer = {
  readonly database: Database
  readonly door: Door
  readonly github: GitHub
  readonly now: () => Instant
  readonly log: Logger
  readonly token: () => string
}

type Kind = Effect['type']
type State = 'due' | 'sending' | 'unconfirmed'

/** An effect in hand, and the repository as it is called at present. */
export type Claimed<K extends Kind> = {
  readonly id: number
  readonly token: string
  readonly effect: Extract<Effect, { type: K }>
  /** What it had come to when it was claimed. */
  readonly state: State
  /** How often it was begun, this time included: counted first, so that a try that kills the process counts too. */
  readonly attempt: number
  readonly sentAt: Instant | null
  /** How often it was looked for in vain, and when last. */
  readonly looks: number
  readonly lookedAt: Instant | null
  readonly repository: RepositoryRef
  readonly where: Where
}

/** Claims effects in these states, those that wait longest first; a try is counted for those that are begun. */
export async function claimEffects<K extends Kind>(
  o: Performer,
  type: K,
  states: readonly State[],
  most: number,
  keysBeginWith = '',
): Promise<readonly Claimed<K>[]> {
  const token = o.token()
  return await o.database.kysely.transaction().execute(async (trx) => {
    const due = dueEffects(trx, type, states, o.now())
    const rows = await due.where('effects.key', 'like', `${keysBeginWith}%`).limit(most).execute()
    await take(trx, rows, token, o.now())
    return rows.map((row) => claimedOf<K>(row, token))
  })
}

/** An effect with its slot; `deniedUntil` when it has to wait for one. */
export type ClaimedWrite<K extends Kind> = {
  readonly claimed: Claimed<K>
  readonly more: readonly Claimed<K>[]
  readonly deniedUntil: Instant | null
}

/** Claims the next effect that writes, together with its slot, and in the same transaction what may go out with it. */
export async function claimWrite<K extends Exclude<Kind, 'ask'>>(
  o: Performer,
  type: K,
  write: Write,
  withMore: (trx: Transaction, claimed: Claimed<K>, now: Instant) => Promise<readonly Claimed<K>[]> = async () => [],
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
    const claimed = claimedOf<K>(row, token)
    const slot = await takeSlot(trx, claimed.where.installationId, write, type, o.now)
    if (!slot.granted) {
      await trx.updateTable('effects').set({ dueAt: slot.until }).where('id', '=', row.id).execute()
      return { claimed, more: [], deniedUntil: slot.until }
    }
    await take(trx, [row], token, now)
    return { claimed, more: await withMore(trx, claimed, now), deniedUntil: null }
  })
}

/** Claims more effects of the kind that are due, under the claim of the first. */
export async function claimMore<K extends Kind>(
  trx: Transaction,
  { token, effect }: Claimed<K>,
  most: number,
  now: Instant,
  which: ReturnType<typeof isReplyAt>,
): Promise<readonly Claimed<K>[]> {
  const rows = await dueEffects(trx, effect.type, ['due'], now).where(which).limit(most).execute()
  await take(trx, rows, token, now)
  return rows.map((row) => claimedOf<K>(row, token))
}

/** Hands an effect back without an event; nothing happens if somebody else has it by now. */
export async function settle(o: Performer, settlement: Settlement): Promise<void> {
  await settleAll(o, [settlement])
}

/** Hands effects back; false when somebody else has any of them by now. */
export async function settleAll(o: Performer, settlements: readonly Settlement[]): Promise<boolean> {
  const settled = await o.database.kysely.transaction().execute((trx) => settleEffects(trx, settlements, o.now()))
  return settled.size === settlements.length
}

/** More tries than this outlast an outage of three hours. */
export const TRIES = 8

const FIRST_MS = 5_000
const LONGEST_MS = 60 * 60_000

/** 5 s, 20 s, 80 s … an hour. */
export function backedOff(attempt: number, now: Instant): Instant {
  return millisecondsAfter(now, Math.min(FIRST_MS * 4 ** (attempt - 1), LONGEST_MS))
}

function dueEffects(trx: Transaction, type: Kind, states: readonly State[], now: Instant) {
  return trx
    .selectFrom('effects')
    .innerJoin('repositories', 'repositories.id', 'effects.repositoryId')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
    .select([
      'effects.id',
      'effects.document',
      'effects.state',
      'effects.attempts',
      'effects.sentAt',
      'effects.looks',
      'effects.lookedAt',
      'repositories.id as repositoryId',
      'repositories.fullName',
      'repositories.private',
      'repositories.defaultBranch',
      'repositories.installationId',
    ])
    .where('effects.type', '=', type)
    .where('effects.state', 'in', states)
    .where('effects.dueAt', '<=', now)
    .where((eb) => eb.or([eb('effects.token', 'is', null), eb('effects.claimedUntil', '<=', now)]))
    .where('repositories.removedAt', 'is', null)
    .where('installations.state', '=', 'active')
    .where((eb) => eb.or([eb('budgets.installationId', 'is', null), eb('budgets.blockedUntil', '<=', now)]))
    .orderBy('effects.dueAt')
    .orderBy('effects.id')
    .forUpdate('effects')
    .skipLocked()
}

type Row = Awaited<ReturnType<ReturnType<typeof dueEffects>['execute']>>[number]

async function take(trx: Transaction, rows: readonly Row[], token: string, now: Instant): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  await trx
    .updateTable('effects')
    .set((eb) => ({
      token,
      claimedUntil: millisecondsAfter(now, CLAIM_MS),
      attempts: eb
        .case()
        .when('state', '=', 'due')
        .then(eb('attempts', '+', 1))
        .else(eb.ref('attempts'))
        .end(),
      updatedAt: now,
    }))
    .where('id', 'in', ids)
    .execute()
}

function claimedOf<K extends Kind>(row: Row, token: string): Claimed<K> {
  const { id, sentAt, looks, lookedAt, repositoryId, fullName, installationId, defaultBranch } = row
  return {
    id,
    token,
    // The query asked for this type alone.
    effect: row.document as Claimed<K>['effect'],
    state: row.state as State,
    attempt: row.state === 'due' ? row.attempts + 1 : row.attempts,
    sentAt,
    looks,
    lookedAt,
    repository: { id: repositoryId, fullName, private: row.private, defaultBranch, installationId },
    where: { installationId, repositoryId, ...splitName(fullName) },
  }
}
