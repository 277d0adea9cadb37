// Claims effects (store/claims.ts). A claim expires by itself, later than the calls made under it may take; only the
// process with its token may save a result.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import { issueOfQuestion } from '../pipeline/model/questions.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { findAccessBlock } from '../store/access-problems.ts'
import {
  type ClaimableState,
  claimDueEffect,
  claimRepliesOn,
  type DueEffectRow,
  lockNextWrite,
  markClaimed,
  postponeEffect,
  renewEffectClaim,
} from '../store/claims.ts'
import type { Database, Transaction } from '../store/database.ts'
import { type EffectResult, saveEffectResults } from '../store/effects.ts'
import { permissionsFor } from './access.ts'
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
  /** The installation whose work is done. */
  readonly installationId: number
  readonly githubUrl: string
}

type EffectType = Effect['type']

/** A claimed effect, with its repository's current name. */
export type ClaimedEffect<K extends EffectType> = {
  readonly id: number
  readonly token: string
  readonly effect: Extract<Effect, { type: K }>
  /** Its state when it was claimed. */
  readonly state: ClaimableState
  /** How often it was tried, this time included: counted first, so that a try that kills the process counts too. */
  readonly tryNumber: number
  readonly sentAt: Instant | null
  /** How many lookups did not find it, and when the last one was. */
  readonly misses: number
  readonly missedAt: Instant | null
  readonly repository: RepositoryRef
  readonly access: RepositoryAccess
}

/**
 * Claims the effect in these states that has waited longest; a try is counted if it is due. Its reads may be many, so each
 * renews the claim.
 */
export async function claimNextRead<K extends EffectType>(
  o: PerformContext,
  type: K,
  states: readonly ClaimableState[],
  keyPrefix = '',
): Promise<ClaimedEffect<K> | null> {
  const token = o.token()
  const { installationId } = o
  const row = await o.database.kysely
    .transaction()
    .execute((trx) => claimDueEffect(trx, { installationId, type, states, keyPrefix, token, now: o.now() }))
  if (row === undefined) return null
  const claimed = claimedEffectOf<K>(row, token)
  const beforeRequest = () => renewEffectClaim(o.database, row.id, { token, now: o.now() })
  return { ...claimed, access: { ...claimed.access, beforeRequest } }
}

/** An effect with its write slot; `denied` says until when it must wait for one, and why. */
export type ClaimedWrite<K extends EffectType> = {
  readonly claimed: ClaimedEffect<K>
  readonly batched: readonly ClaimedEffect<K>[]
  readonly denied: { readonly until: Instant; readonly reason: 'no-access' | 'write-budget-spent' } | null
}

/** Claims the next effect that writes, its slot and, in the same transaction, the effects that may go out with it. */
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
    const row = await lockNextWrite(trx, o.installationId, type, now)
    if (row === undefined) return null
    const claimed = claimedEffectOf<K>(row, token)
    const blockedUntil = await findAccessBlock(trx, claimed.access, permissionsFor(claimed.effect, false), now)
    if (blockedUntil !== null) {
      await postponeEffect(trx, row.id, blockedUntil)
      return { claimed, batched: [], denied: { until: blockedUntil, reason: 'no-access' } }
    }
    const slot = await takeWriteSlot(trx, claimed.access.installationId, write, type, o.now)
    if (!slot.granted) {
      // Denied until now, it is due as before.
      if (slot.until > now) await postponeEffect(trx, row.id, slot.until)
      return { claimed, batched: [], denied: { until: slot.until, reason: 'write-budget-spent' } }
    }
    await markClaimed(trx, [row], { token, now })
    return { claimed, batched: await claimBatch(trx, claimed, now), denied: null }
  })
}

/** Claims more replies that are due on the same issue or pull request, with the same token. */
export async function claimMoreReplies(
  trx: Transaction,
  { token, effect, repository }: ClaimedEffect<'reply'>,
  max: number,
  now: Instant,
): Promise<readonly ClaimedEffect<'reply'>[]> {
  const target = { repositoryId: repository.id, issueNumber: effect.issueNumber }
  const rows = await claimRepliesOn(trx, { ...target, max, token, now })
  return rows.map((row) => claimedEffectOf<'reply'>(row, token))
}

/** Saves the result of an effect without an event; does nothing if the claim is lost. */
export async function recordEffectOutcome(o: PerformContext, result: EffectResult): Promise<void> {
  await recordEffectOutcomes(o, [result])
}

/** Saves results of effects; false when the claim of any of them is lost. */
export async function recordEffectOutcomes(o: PerformContext, results: readonly EffectResult[]): Promise<boolean> {
  const saved = await o.database.kysely.transaction().execute((trx) => saveEffectResults(trx, results, o.now()))
  return saved.size === results.length
}

function claimedEffectOf<K extends EffectType>(row: DueEffectRow, token: string): ClaimedEffect<K> {
  const { id, sentAt, misses, missedAt, repositoryId, fullName, installationId, defaultBranch } = row
  // The query selects only this type.
  const effect = row.document as ClaimedEffect<K>['effect']
  return {
    id,
    token,
    effect,
    state: row.state as ClaimableState,
    tryNumber: row.state === 'due' ? row.tries + 1 : row.tries,
    sentAt,
    misses,
    missedAt,
    repository: { id: repositoryId, fullName, private: row.private, defaultBranch, installationId },
    access: { installationId, repositoryId, ...splitFullName(fullName), issueNumber: issueNumberOf(effect) },
  }
}

function issueNumberOf(effect: Effect): number | null {
  return effect.type === 'ask' ? issueOfQuestion(effect.question) : effect.issueNumber
}
