import { sql } from 'kysely'
import type { Transaction } from '../store/database.ts'
import { type Arrival, type Delivery, type Outcome, stateOf } from './arrival.ts'

export type Kept = {
  /** Arrivals that had been taken before, and what became of them then. */
  readonly duplicates: ReadonlyMap<Arrival, Outcome['state']>
  /** Failed deliveries that are applied again, by id. */
  readonly replayed: readonly { readonly id: number; readonly arrival: Arrival }[]
}

/**
 * Writes a row for every delivery of the group. The unique key on hook and GUID decides what is a duplicate: the GUID
 * alone is shared by all hooks that subscribe to an event. A failed one that comes again is no duplicate.
 */
export async function keepDeliveries(trx: Transaction, group: readonly Arrival[]): Promise<Kept> {
  const firsts = new Map<string, Arrival>()
  const duplicates = new Map<Arrival, Outcome['state']>()
  for (const arrival of group) {
    if (arrival.delivery === undefined) continue
    const key = keyOf(arrival.delivery)
    if (firsts.has(key)) duplicates.set(arrival, stateOf(arrival))
    else firsts.set(key, arrival)
  }
  const replayed: { id: number; arrival: Arrival }[] = []
  for (const row of await insert(
    trx,
    [...firsts].sort(byKey).map(([, arrival]) => arrival),
  )) {
    const arrival = firsts.get(keyOf(row))
    if (arrival === undefined || row.attempts === 1) continue
    if (row.state === 'failed') replayed.push({ id: row.id, arrival })
    else duplicates.set(arrival, row.state)
  }
  return { duplicates, replayed }
}

/** Writes what became of failed deliveries that were applied again. */
export async function noteReplayed(trx: Transaction, replayed: Kept['replayed']): Promise<void> {
  for (const { id, arrival } of replayed) {
    const { state, event, error, body } = columnsOf(arrival)
    await trx.updateTable('deliveries').set({ state, event, error, body }).where('id', '=', id).execute()
  }
}

function byKey([a]: readonly [string, Arrival], [b]: readonly [string, Arrival]): number {
  return a < b ? -1 : 1
}

function keyOf({ hookId, guid }: { hookId: number; guid: string }): string {
  return `${hookId} ${guid}`
}

async function insert(trx: Transaction, arrivals: readonly Arrival[]) {
  const rows = arrivals.flatMap((arrival) => {
    return arrival.delivery === undefined ? [] : [{ ...envelopeOf(arrival.delivery), ...columnsOf(arrival) }]
  })
  if (rows.length === 0) return []
  return trx
    .insertInto('deliveries')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['hookId', 'guid']).doUpdateSet({ attempts: sql`deliveries.attempts + 1` }),
    )
    .returning(['id', 'hookId', 'guid', 'state', 'attempts'])
    .execute()
}

function envelopeOf({ hookId, guid, name, action, installationId, repositoryId, receivedAt }: Delivery) {
  const words = { guid: storable(guid), name: storable(name), action: action === null ? null : storable(action) }
  return { hookId, ...words, installationId, repositoryId, receivedAt }
}

function columnsOf(arrival: Arrival) {
  const { event, failure, delivery } = arrival
  return {
    state: stateOf(arrival),
    event: event === null ? null : JSON.stringify(event),
    error: failure === undefined ? null : storable(failure),
    body: failure === undefined ? null : (delivery?.body ?? null),
  }
}

/** Postgres stores neither NUL nor half a surrogate pair, and the row that keeps the reason must itself be kept. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
