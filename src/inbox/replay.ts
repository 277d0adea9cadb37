import type { Outcome } from '../apply/apply-request.ts'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { readFailed } from '../store/deliveries.ts'
import { jsonObject } from '../translate/envelope.ts'
import { translation } from '../translate/translate.ts'

/** Applies a failed delivery again, from its stored body and under its own GUID, as it would be applied if it came now. */
export async function replay(o: { database: Database; door: Door; now: () => Instant }, id: number): Promise<Outcome> {
  const delivery = await readFailed(o.database, id)
  if (delivery === null) throw new Error(`there is no failed delivery ${id}`)
  const payload = jsonObject(Buffer.from(delivery.body).toString('utf8'))
  return o.door.apply({ delivery, ...translation(delivery.name, payload, delivery) })
}
