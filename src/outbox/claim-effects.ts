// Takes effects in hand (store/claims.ts). A claim ends by itself, later than the calls made under it may take; only whoever
// holds its token may say what came of it.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import {
  type ClaimableState,
  claimDueEffects,
  claimRepliesOn,
  type DueEffectRow,
  lockNextWrite,
  markClaimed,
  postponeEffect,
} from '../store/claims.ts'
import type { Database, Transaction } from '../store/database.ts'
import { type EffectResult, saveEffectResults } from '../store/effects.ts'
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
  const rows = await o.database.kysely
    .transaction()
    .execute((trx) => claimDueEffects(trx, { type, states, keyPrefix, max, token, now: o.now() }))
  return rows.map((row) => claimedEffectOf<K>(row, token))
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
    const row = await lockNextWrite(trx, type, now)
    if (row === undefined) return null
    const claimed = claimedEffectOf<K>(row, token)
    const slot = await takeWriteSlot(trx, claimed.access.installationId, write, type, o.now)
    if (!slot.granted) {
      await postponeEffect(trx, row.id, slot.until)
      return { claimed, batched: [], deniedUntil: slot.until }
    }
    await markClaimed(trx, [row], { token, now })
    return { claimed, batched: await claimBatch(trx, claimed, now), deniedUntil: null }
  })
}

/** Claims more replies that are due where this one is to be written, under its claim. */
export async function claimMoreReplies(
  trx: Transaction,
  { token, effect, repository }: ClaimedEffect<'reply'>,
  max: number,
  now: Instant,
): Promise<readonly ClaimedEffect<'reply'>[]> {
  const there = { repositoryId: repository.id, issueNumber: effect.issueNumber }
  const rows = await claimRepliesOn(trx, { ...there, max, token, now })
  return rows.map((row) => claimedEffectOf<'reply'>(row, token))
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
