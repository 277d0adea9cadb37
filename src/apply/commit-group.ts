// One group, one transaction. If it fails, the kind of failure decides: a conflict is tried again; what needs a repository
// that somebody else has locked is left out; while the database is away the whole group is turned away; for any other
// failure the group is halved until the request that causes it is alone. That one is stored as failed, with its reason, and
// the others are committed.
import type { Logger } from 'pino'
import type { Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from '../store/database.ts'
import { notifyChange } from '../store/notify.ts'
import { rehearseAndRollBack } from '../store/roll-back.ts'
import { admitQueued, type RandomSuffix } from './admit-queued.ts'
import { advanceEvents } from './advance-events.ts'
import {
  type ApplyRequest,
  type ApplyResult,
  expectedStateOf,
  Locked,
  repositoryOf,
  Unavailable,
} from './apply-request.ts'
import { classifyCommitFailure } from './classify-commit-failure.ts'
import { saveResults } from './effects.ts'
import { recheckHolds } from './recheck-holds.ts'
import { addKnownRows, findLockedRepositories, type KnownRows, lockRepositories } from './repositories.ts'
import { saveDeliveries, saveReplays } from './save-deliveries.ts'
import { saveUnitOfWork } from './save-unit-of-work.ts'
import { touchedBy } from './touched-by.ts'
import { openUnitOfWork } from './unit-of-work.ts'

export type CommitContext = {
  readonly database: Database
  readonly now: () => Instant
  readonly log: Logger
  readonly random: RandomSuffix
  readonly knownRows: KnownRows
  /** Everything is rolled back instead of committed. */
  readonly isRehearsal?: boolean
}

const MAX_TRIES = 5
/** No part of a group is begun later than this after the group was taken: GitHub waits ten seconds for its answers. */
const BEGIN_WITHIN_MS = 5_000

/** How often, and until when, the transaction of a group is begun again. */
type Limits = { readonly tries: number; readonly until: number }

const limitsFromNow = (): Limits => ({ tries: MAX_TRIES, until: performance.now() + BEGIN_WITHIN_MS })

/** Commits a group; resolves to an outcome for each request, in their order. Never throws. */
export async function commitGroup(
  o: CommitContext,
  group: readonly ApplyRequest[],
  limits = limitsFromNow(),
): Promise<readonly (ApplyResult | Error)[]> {
  try {
    const apply = (trx: Transaction) => applyGroup(o, trx, group)
    const { reserved } = o.database
    if (o.isRehearsal) return await rehearseAndRollBack(reserved, apply)
    const outcomes = await reserved.transaction().execute(apply)
    addKnownRows(
      o.knownRows,
      eventsOf(group, (index) => outcomes[index]?.duplicate === false),
    )
    return outcomes
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const { tries, until } = limits
    const cause = classifyCommitFailure(error)
    if (cause !== 'unavailable' && performance.now() > until) return group.map(() => new Unavailable(reason))
    switch (cause) {
      case 'conflict':
        if (tries > 1) return commitGroup(o, group, { tries: tries - 1, until })
        return group.map(() => new Unavailable(`gave up after ${MAX_TRIES} conflicts: ${reason}`))
      case 'locked':
        return commitOthers(o, group, limits, reason)
      case 'unavailable':
        if (!o.isRehearsal) o.log.warn({ reason, turnedAway: group.length }, 'the database is away')
        return group.map(() => new Unavailable(reason))
      case 'culprit':
        return group.length > 1 ? bisectGroup(o, group, limits) : [await saveFailedDelivery(o, group[0], reason)]
    }
  }
}

async function bisectGroup(
  o: CommitContext,
  group: readonly ApplyRequest[],
  { until }: Limits,
): Promise<readonly (ApplyResult | Error)[]> {
  const middle = Math.ceil(group.length / 2)
  const limits = { tries: MAX_TRIES, until }
  return [
    ...(await commitGroup(o, group.slice(0, middle), limits)),
    ...(await commitGroup(o, group.slice(middle), limits)),
  ]
}

/** Commits the requests that need no repository that is locked. Where no repository is, the lock is on something else. */
async function commitOthers(
  o: CommitContext,
  group: readonly ApplyRequest[],
  limits: Limits,
  reason: string,
): Promise<readonly (ApplyResult | Error)[]> {
  const locked = await findLocked(o, group)
  const others = group.filter((_, index) => locked[index] === null)
  if (others.length === group.length) {
    const [only] = group
    if (only === undefined || group.length > 1) return bisectGroup(o, group, limits)
    const id = repositoryOf(only)
    return [id === null ? new Unavailable(reason) : new Locked(id, reason)]
  }
  o.log.warn({ repositories: [...new Set(locked)].filter((id) => id !== null) }, 'repositories are locked')
  const outcomes = (others.length === 0 ? [] : await commitGroup(o, others, limits)).values()
  return locked.map((id) => (id === null ? (outcomes.next().value ?? new Unavailable(reason)) : new Locked(id, null)))
}

async function findLocked(o: CommitContext, group: readonly ApplyRequest[]): Promise<readonly (number | null)[]> {
  const events = group.map(({ event }) => event)
  const finding = o.database.reserved.transaction().execute((trx) => findLockedRepositories(trx, events))
  return await finding.catch(() => events.map(() => null))
}

async function saveFailedDelivery(
  o: CommitContext,
  request: ApplyRequest | undefined,
  reason: string,
): Promise<ApplyResult | Error> {
  if (request?.delivery === undefined) {
    o.log.error({ event: request?.event?.type, reason }, 'an event could not be applied')
    return { duplicate: false, state: 'failed' }
  }
  // Not even the failure could be stored, so nothing may be promised.
  if (request.failure === reason) return new Unavailable(reason)
  const [outcome] = await commitGroup(o, [{ delivery: request.delivery, event: null, failure: reason }])
  return outcome ?? new Unavailable(reason)
}

// Locks are taken in one order everywhere: deliveries, repositories, then the rows of a repository, which the door
// changes only under that repository's lock.
async function applyGroup(
  o: CommitContext,
  trx: Transaction,
  group: readonly ApplyRequest[],
): Promise<readonly ApplyResult[]> {
  const saved = await saveDeliveries(trx, group)
  const isNew = (index: number) => !saved.duplicates.has(index)
  const locked = await lockRepositories(trx, eventsOf(group, isNew), o.knownRows)
  const unitOfWork = openUnitOfWork(trx, locked)
  const allowed = await recheckHolds(unitOfWork, group)
  const unclaimed = await saveResults(trx, allowed, o.now())
  const isApplied = (index: number) => isNew(index) && !unclaimed.has(index)
  const events = eventsOf(allowed, isApplied)
  if (events.length > 0) {
    await advanceEvents(unitOfWork, events)
    // One time for both: an attempt that is denied now must be woken later than now.
    const now = o.now()
    await admitQueued(unitOfWork, now, o.random)
    await saveUnitOfWork(unitOfWork, now)
    const touched = touchedBy(unitOfWork)
    if (touched !== null) await notifyChange(trx, touched, arrivalOf(group))
  }
  await saveReplays(trx, saved.replays)
  return group.map((request, index) => ({
    duplicate: !isApplied(index),
    state: saved.duplicates.get(index) ?? expectedStateOf(request),
    ...(allowed[index] !== request && { requeuedByHold: true }),
  }))
}

/** When the first delivery of the group arrived; one that is applied again came long ago. */
function arrivalOf(group: readonly ApplyRequest[]): Instant | null {
  const arrivals = group.flatMap(({ delivery }) => (delivery && !('id' in delivery) ? [delivery.receivedAt] : []))
  return arrivals.toSorted()[0] ?? null
}

function eventsOf(group: readonly ApplyRequest[], isWanted: (index: number) => boolean): readonly Event[] {
  return group.flatMap(({ event }, index) => (event !== null && isWanted(index) ? [event] : []))
}
