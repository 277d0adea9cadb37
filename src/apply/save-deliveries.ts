import type { Transaction } from '../store/database.ts'
import { insertDeliveries, updateDelivery } from '../store/deliveries.ts'
import { storable } from '../text/storable.ts'
import { type ApplyRequest, type ApplyResult, type Delivery, expectedStateOf } from './apply-request.ts'

export type SavedDeliveries = {
  /** Places in the group whose delivery had been taken before, and what became of it then. */
  readonly duplicates: ReadonlyMap<number, ApplyResult['state']>
  /** Failed deliveries that are applied again, by id. */
  readonly replays: readonly { readonly id: number; readonly arrival: ApplyRequest }[]
}

type DeliveryRequest = ApplyRequest & { readonly delivery: Delivery }

/**
 * Writes a row for every delivery of the group. The unique key on hook and GUID decides what is a duplicate: the GUID
 * alone is shared by all hooks that subscribe to an event. A failed one that comes again is no duplicate.
 */
export async function saveDeliveries(trx: Transaction, group: readonly ApplyRequest[]): Promise<SavedDeliveries> {
  const firsts = new Map<string, { readonly place: number; readonly arrival: DeliveryRequest }>()
  const duplicates = new Map<number, ApplyResult['state']>()
  for (const [place, arrival] of group.entries()) {
    if (!isDeliveryRequest(arrival)) continue
    const key = keyOf(envelopeColumns(arrival.delivery))
    if (firsts.has(key)) duplicates.set(place, expectedStateOf(arrival))
    else firsts.set(key, { place, arrival })
  }
  const replays: { id: number; arrival: ApplyRequest }[] = []
  const rows = [...firsts].sort(byKey).map(([, { arrival }]) => {
    return { ...envelopeColumns(arrival.delivery), ...resultColumns(arrival) }
  })
  for (const row of await insertDeliveries(trx, rows)) {
    const first = firsts.get(keyOf(row))
    if (first === undefined || row.attempts === 1) continue
    if (row.state === 'failed') replays.push({ id: row.id, arrival: first.arrival })
    else duplicates.set(first.place, row.state)
  }
  return { duplicates, replays }
}

/** Writes what became of failed deliveries that were applied again. */
export async function saveReplays(trx: Transaction, replayed: SavedDeliveries['replays']): Promise<void> {
  for (const { id, arrival } of replayed) await updateDelivery(trx, id, resultColumns(arrival))
}

function isDeliveryRequest(arrival: ApplyRequest): arrival is DeliveryRequest {
  return arrival.delivery !== undefined
}

type KeyedRequest = readonly [key: string, { readonly arrival: DeliveryRequest }]

function byKey([a]: KeyedRequest, [b]: KeyedRequest): number {
  return a < b ? -1 : 1
}

function keyOf({ hookId, guid }: { hookId: number; guid: string }): string {
  return `${hookId} ${guid}`
}

function envelopeColumns({ hookId, guid, name, action, installationId, repositoryId, receivedAt }: Delivery) {
  return {
    hookId,
    guid: storable(guid),
    name: storable(name),
    action: action === null ? null : storable(action),
    installationId: storableId(installationId),
    repositoryId: storableId(repositoryId),
    receivedAt,
  }
}

function resultColumns(arrival: ApplyRequest) {
  const { event, failure, delivery } = arrival
  return {
    state: expectedStateOf(arrival),
    event: event === null ? null : JSON.stringify(event),
    error: failure === undefined ? null : storable(failure),
    body: failure === undefined ? null : (delivery?.body ?? null),
  }
}

/** The envelope was read from a payload that nobody has checked. */
function storableId(id: number | null): number | null {
  return Number.isSafeInteger(id) ? id : null
}
