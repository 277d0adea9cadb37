// One group, one transaction. If it fails, the kind of failure decides: a conflict is tried again; while the database is away
// the whole group is turned away; for any other failure the group is halved until the arrival that causes it is alone. That
// one is stored as failed, with its reason, and the others are committed.
import type { Logger } from 'pino'
import type { Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from '../store/database.ts'
import { notifyChanges } from '../store/notify.ts'
import { admitQueued, type RandomSuffix } from './admit-queued.ts'
import { advanceEvents } from './advance-events.ts'
import { type ApplyRequest, type ApplyResult, expectedStateOf, Unavailable } from './apply-request.ts'
import { classifyCommitFailure } from './classify-commit-failure.ts'
import { saveResults } from './effects.ts'
import { recheckHolds } from './recheck-holds.ts'
import { addKnownRows, type KnownRows, lockRepositories } from './repositories.ts'
import { saveDeliveries, saveReplays } from './save-deliveries.ts'
import { saveUnitOfWork } from './save-unit-of-work.ts'
import { openUnitOfWork } from './unit-of-work.ts'

export type CommitContext = {
  readonly database: Database
  readonly now: () => Instant
  readonly log: Logger
  readonly random: RandomSuffix
  readonly knownRows: KnownRows
}

const MAX_TRIES = 5

/** Commits a group; an outcome for each arrival, in their order. Never throws. */
export async function commitGroup(
  o: CommitContext,
  group: readonly ApplyRequest[],
  tries = MAX_TRIES,
): Promise<readonly (ApplyResult | Error)[]> {
  try {
    const outcomes = await o.database.kysely.transaction().execute((trx) => applyGroup(o, trx, group))
    addKnownRows(
      o.knownRows,
      eventsOf(group, (place) => outcomes[place]?.duplicate === false),
    )
    return outcomes
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    switch (classifyCommitFailure(error)) {
      case 'conflict':
        if (tries > 1) return commitGroup(o, group, tries - 1)
        return group.map(() => new Unavailable(`gave up after ${MAX_TRIES} conflicts: ${reason}`))
      case 'unavailable':
        o.log.warn({ reason, turnedAway: group.length }, 'the database is away')
        return group.map(() => new Unavailable(reason))
      case 'culprit':
        return group.length > 1 ? bisectGroup(o, group) : [await saveFailedDelivery(o, group[0], reason)]
    }
  }
}

async function bisectGroup(
  o: CommitContext,
  group: readonly ApplyRequest[],
): Promise<readonly (ApplyResult | Error)[]> {
  const middle = Math.ceil(group.length / 2)
  return [...(await commitGroup(o, group.slice(0, middle))), ...(await commitGroup(o, group.slice(middle)))]
}

async function saveFailedDelivery(
  o: CommitContext,
  arrival: ApplyRequest | undefined,
  reason: string,
): Promise<ApplyResult | Error> {
  if (arrival?.delivery === undefined) {
    o.log.error({ event: arrival?.event?.type, reason }, 'an event could not be applied')
    return { duplicate: false, state: 'failed' }
  }
  // Not even the failure can be kept, so nothing may be promised.
  if (arrival.failure === reason) return new Unavailable(reason)
  const [outcome] = await commitGroup(o, [{ delivery: arrival.delivery, event: null, failure: reason }])
  return outcome ?? new Unavailable(reason)
}

// Locks are taken in one order everywhere: deliveries, repositories, and then what belongs to a repository, which nobody
// touches through the door without its lock.
async function applyGroup(
  o: CommitContext,
  trx: Transaction,
  group: readonly ApplyRequest[],
): Promise<readonly ApplyResult[]> {
  const kept = await saveDeliveries(trx, group)
  const isNew = (place: number) => !kept.duplicates.has(place)
  const locked = await lockRepositories(trx, eventsOf(group, isNew), o.knownRows)
  const ledger = openUnitOfWork(trx, locked)
  const allowed = await recheckHolds(ledger, group)
  const late = await saveResults(trx, allowed, o.now())
  const isTaken = (place: number) => isNew(place) && !late.has(place)
  const events = eventsOf(allowed, isTaken)
  if (events.length > 0) {
    await advanceEvents(ledger, events)
    // One moment for both: what is not admitted at it is woken after it.
    const now = o.now()
    await admitQueued(ledger, now, o.random)
    const changes = await saveUnitOfWork(ledger, now)
    if (changes !== null) await notifyChanges(trx, changes)
  }
  await saveReplays(trx, kept.replays)
  return group.map((arrival, place) => ({
    duplicate: !isTaken(place),
    state: kept.duplicates.get(place) ?? expectedStateOf(arrival),
    ...(allowed[place] !== arrival && { requeuedByHold: true }),
  }))
}

function eventsOf(group: readonly ApplyRequest[], isWanted: (place: number) => boolean): readonly Event[] {
  return group.flatMap(({ event }, place) => (event !== null && isWanted(place) ? [event] : []))
}
