import type { Transaction } from '../store/database.ts'
import { insertDeliveries, rewriteDelivery } from '../store/deliveries.ts'
import { type Arrival, type Delivery, type Outcome, stateOf } from './apply-request.ts'

export type Kept = {
  /** Places in the group whose delivery had been taken before, and what became of it then. */
  readonly duplicates: ReadonlyMap<number, Outcome['state']>
  /** Failed deliveries that are applied again, by id. */
  readonly replayed: readonly { readonly id: number; readonly arrival: Arrival }[]
}

type Delivered = Arrival & { readonly delivery: Delivery }

/**
 * Writes a row for every delivery of the group. The unique key on hook and GUID decides what is a duplicate: the GUID
 * alone is shared by all hooks that subscribe to an event. A failed one that comes again is no duplicate.
 */
export async function keepDeliveries(trx: Transaction, group: readonly Arrival[]): Promise<Kept> {
  const firsts = new Map<string, { readonly place: number; readonly arrival: Delivered }>()
  const duplicates = new Map<number, Outcome['state']>()
  for (const [place, arrival] of group.entries()) {
    if (!isDelivered(arrival)) continue
    const key = keyOf(envelopeOf(arrival.delivery))
    if (firsts.has(key)) duplicates.set(place, stateOf(arrival))
    else firsts.set(key, { place, arrival })
  }
  const replayed: { id: number; arrival: Arrival }[] = []
  const rows = [...firsts].sort(byKey).map(([, { arrival }]) => {
    return { ...envelopeOf(arrival.delivery), ...columnsOf(arrival) }
  })
  for (const row of await insertDeliveries(trx, rows)) {
    const first = firsts.get(keyOf(row))
    if (first === undefined || row.attempts === 1) continue
    if (row.state === 'failed') replayed.push({ id: row.id, arrival: first.arrival })
    else duplicates.set(first.place, row.state)
  }
  return { duplicates, replayed }
}

/** Writes what became of failed deliveries that were applied again. */
export async function noteReplayed(trx: Transaction, replayed: Kept['replayed']): Promise<void> {
  for (const { id, arrival } of replayed) await rewriteDelivery(trx, id, columnsOf(arrival))
}

function isDelivered(arrival: Arrival): arrival is Delivered {
  return arrival.delivery !== undefined
}

type First = readonly [key: string, { readonly arrival: Delivered }]

function byKey([a]: First, [b]: First): number {
  return a < b ? -1 : 1
}

function keyOf({ hookId, guid }: { hookId: number; guid: string }): string {
  return `${hookId} ${guid}`
}

function envelopeOf({ hookId, guid, name, action, installationId, repositoryId, receivedAt }: Delivery) {
  return {
    hookId,
    guid: storable(guid),
    name: storable(name),
    action: action === null ? null : storable(action),
    installationId: idOf(installationId),
    repositoryId: idOf(repositoryId),
    receivedAt,
  }
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

/** The envelope was read from a payload that nobody has checked. */
function idOf(id: number | null): number | null {
  return Number.isSafeInteger(id) ? id : null
}
