import type { ApplyResult } from '../apply/apply-request.ts'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { loadFailedDelivery } from '../store/deliveries.ts'
import { parseJsonObject } from '../translate/envelope.ts'
import { translateDelivery } from './translate-delivery.ts'

/** Applies a failed delivery again, from its stored body and under its own GUID, as if it arrived now. */
export async function replayDelivery(
  o: { database: Database; door: Door; now: () => Instant },
  id: number,
): Promise<ApplyResult> {
  const delivery = await loadFailedDelivery(o.database, id)
  if (delivery === null) throw new Error(`there is no failed delivery ${id}`)
  const payload = parseJsonObject(Buffer.from(delivery.body).toString('utf8'))
  return o.door.apply({ delivery, ...translateDelivery(delivery.name, payload, delivery) })
}
