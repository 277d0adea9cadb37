import type { Transaction } from '../store/database.ts'
import { insertDeliveries, updateDelivery } from '../store/deliveries.ts'
import { storable } from '../text/storable.ts'
import { type ApplyRequest, type ApplyResult, type Delivery, expectedStateOf } from './apply-request.ts'

export type SavedDeliveries = {
  /** Indexes in the group of deliveries that were stored before, with their state. */
  readonly duplicates: ReadonlyMap<number, ApplyResult['state']>
  /** Failed deliveries that are applied again. */
  readonly replays: readonly { readonly id: number; readonly request: ApplyRequest }[]
}

type DeliveryRequest = ApplyRequest & { readonly delivery: Delivery }

/**
 * Writes a row for every delivery of the group. The unique key on hook and GUID decides what is a duplicate: the GUID
 * alone is shared by all hooks that subscribe to an event. A failed delivery that comes again is no duplicate.
 */
export async function saveDeliveries(trx: Transaction, group: readonly ApplyRequest[]): Promise<SavedDeliveries> {
  const firsts = new Map<string, { readonly index: number; readonly request: DeliveryRequest }>()
  const duplicates = new Map<number, ApplyResult['state']>()
  for (const [index, request] of group.entries()) {
    if (!isDeliveryRequest(request)) continue
    const key = keyOf(envelopeColumns(request.delivery))
    if (firsts.has(key)) duplicates.set(index, expectedStateOf(request))
    else firsts.set(key, { index, request })
  }
  const replays: { id: number; request: ApplyRequest }[] = []
  const rows = [...firsts].sort(byKey).map(([, { request }]) => {
    return { ...envelopeColumns(request.delivery), ...resultColumns(request) }
  })
  for (const row of await insertDeliveries(trx, rows)) {
    const first = firsts.get(keyOf(row))
    if (first === undefined || row.attempts === 1) continue
    if (row.state === 'failed') replays.push({ id: row.id, request: first.request })
    else duplicates.set(first.index, row.state)
  }
  return { duplicates, replays }
}

/** Writes the result of failed deliveries that were applied again. */
export async function saveReplays(trx: Transaction, replays: SavedDeliveries['replays']): Promise<void> {
  for (const { id, request } of replays) await updateDelivery(trx, id, resultColumns(request))
}

function isDeliveryRequest(request: ApplyRequest): request is DeliveryRequest {
  return request.delivery !== undefined
}

type KeyedRequest = readonly [key: string, { readonly request: DeliveryRequest }]

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

function resultColumns(request: ApplyRequest) {
  const { event, failure, delivery } = request
  return {
    state: expectedStateOf(request),
    event: event === null ? null : JSON.stringify(event),
    error: failure === undefined ? null : storable(failure),
    body: failure === undefined ? null : (delivery?.body ?? null),
  }
}

/** The envelope comes from an unchecked payload. */
function storableId(id: number | null): number | null {
  return Number.isSafeInteger(id) ? id : null
}
