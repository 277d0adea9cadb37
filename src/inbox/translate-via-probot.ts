// Probot's `receive` hands a handler the payload and nothing of how it came, and gives nothing back. So the receipt waits
// here under the payload's identity, and the handler leaves the translation on it.
import type { DeliveryReceipt } from '../translate/fields.ts'
import { type Translation, tryTranslate } from '../translate/translate.ts'

type PendingTranslation = { readonly receipt: DeliveryReceipt; translation: Translation }

const pendingTranslations = new WeakMap<object, PendingTranslation>()

/** Runs `deliver`, which ends in `translateReceived`; what no handler took is ignored. */
export async function translateViaProbot(
  payload: object,
  receipt: DeliveryReceipt,
  deliver: () => Promise<void>,
): Promise<Translation> {
  const entry: PendingTranslation = { receipt, translation: { event: null } }
  pendingTranslations.set(payload, entry)
  await deliver()
  return entry.translation
}

/** What every handler of the Probot app does: translate, and nothing else. */
export function handleDelivery(delivery: { readonly name: string; readonly payload: object }): void {
  const entry = pendingTranslations.get(delivery.payload)
  if (entry === undefined) throw new Error('a delivery reached the Probot app without passing the inbox')
  entry.translation = tryTranslate(delivery.name, delivery.payload, entry.receipt)
}
