// One group, one transaction. When it fails, the failure decides: a conflict is tried again, a database that is away
// turns everybody away, and anything else is somebody's fault in particular: the group is halved until the culprit
// stands alone, is kept as failed with its reason, and its neighbours go on.
import type { Logger } from 'pino'
import type { Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from '../store/database.ts'
import { notify } from '../store/notify.ts'
import { admit, type Random } from './admit-queued.ts'
import { take } from './apply-event.ts'
import { type Arrival, type Outcome, stateOf, Unavailable } from './apply-request.ts'
import { failureOf } from './classify-commit-failure.ts'
import { settleAnswered } from './effects.ts'
import { prefetch } from './prefetch.ts'
import { holdBack } from './recheck-holds.ts'
import { lockRepositories, type Made, noteMade } from './repositories.ts'
import { keepDeliveries, noteReplayed } from './save-deliveries.ts'
import { saveLedger } from './save-unit-of-work.ts'
import { openLedger } from './unit-of-work.ts'

/** Leaves a hint for a worker, seen when the transaction commits. */
export type Enqueue = (trx: Transaction, queue: 'outbox') => Promise<void>

export type Committer = {
  readonly database: Database
  readonly now: () => Instant
  readonly log: Logger
  readonly enqueue?: Enqueue
  readonly random: Random
  readonly made: Made
}

const TRIES = 5

/** Commits a group; an outcome for each arrival, in their order. Never throws. */
export async function commit(
  o: Committer,
  group: readonly Arrival[],
  tries = TRIES,
): Promise<readonly (Outcome | Error)[]> {
  try {
    const outcomes = await o.database.kysely.transaction().execute((trx) => applyAll(o, trx, group))
    noteMade(
      o.made,
      eventsOf(group, (place) => outcomes[place]?.duplicate === false),
    )
    return outcomes
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    switch (failureOf(error)) {
      case 'conflict':
        if (tries > 1) return commit(o, group, tries - 1)
        return group.map(() => new Unavailable(`gave up after ${TRIES} conflicts: ${reason}`))
      case 'away':
        o.log.warn({ reason, turnedAway: group.length }, 'the database is away')
        return group.map(() => new Unavailable(reason))
      case 'culprit':
        return group.length > 1 ? halve(o, group) : [await keepFailed(o, group[0], reason)]
    }
  }
}

async function halve(o: Committer, group: readonly Arrival[]): Promise<readonly (Outcome | Error)[]> {
  const middle = Math.ceil(group.length / 2)
  return [...(await commit(o, group.slice(0, middle))), ...(await commit(o, group.slice(middle)))]
}

async function keepFailed(o: Committer, arrival: Arrival | undefined, reason: string): Promise<Outcome | Error> {
  if (arrival?.delivery === undefined) {
    o.log.error({ event: arrival?.event?.type, reason }, 'an event could not be applied')
    return { duplicate: false, state: 'failed' }
  }
  // Not even the failure can be kept, so nothing may be promised.
  if (arrival.failure === reason) return new Unavailable(reason)
  const [outcome] = await commit(o, [{ delivery: arrival.delivery, event: null, failure: reason }])
  return outcome ?? new Unavailable(reason)
}

// Locks are taken in one order everywhere: deliveries, repositories, and then what belongs to a repository, which nobody
// touches through the door without its lock.
async function applyAll(o: Committer, trx: Transaction, group: readonly Arrival[]): Promise<readonly Outcome[]> {
  const kept = await keepDeliveries(trx, group)
  const isNew = (place: number) => !kept.duplicates.has(place)
  const locked = await lockRepositories(trx, eventsOf(group, isNew), o.made)
  const ledger = openLedger(trx, locked)
  const allowed = await holdBack(ledger, group)
  const late = await settleAnswered(trx, allowed, o.now())
  const isTaken = (place: number) => isNew(place) && !late.has(place)
  const events = eventsOf(allowed, isTaken)
  if (events.length > 0) {
    await prefetch(ledger, events)
    for (const event of events) await take(ledger, event)
    // One moment for both: what is not admitted at it is woken after it.
    const now = o.now()
    await admit(ledger, now, o.random)
    const changes = await saveLedger(ledger, now)
    if (changes !== null) {
      await notify(trx, changes)
      await o.enqueue?.(trx, 'outbox')
    }
  }
  await noteReplayed(trx, kept.replayed)
  return group.map((arrival, place) => ({
    duplicate: !isTaken(place),
    state: kept.duplicates.get(place) ?? stateOf(arrival),
    ...(allowed[place] !== arrival && { heldBack: true }),
  }))
}

function eventsOf(group: readonly Arrival[], isWanted: (place: number) => boolean): readonly Event[] {
  return group.flatMap(({ event }, place) => (event !== null && isWanted(place) ? [event] : []))
}
