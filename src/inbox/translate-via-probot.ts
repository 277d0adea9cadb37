// Probot's `receive` hands a handler the payload and nothing of how it came, and gives nothing back. So the receipt waits
// here under the payload's identity, and the handler leaves the translation on it.
import type { Receipt } from '../translate/fields.ts'
import { type Translation, translation } from '../translate/translate.ts'

type Waiting = { readonly receipt: Receipt; translation: Translation }

const waiting = new WeakMap<object, Waiting>()

/** Runs `deliver`, which ends in `translateReceived`; what no handler took is ignored. */
export async function withReceipt(
  payload: object,
  receipt: Receipt,
  deliver: () => Promise<void>,
): Promise<Translation> {
  const entry: Waiting = { receipt, translation: { event: null } }
  waiting.set(payload, entry)
  await deliver()
  return entry.translation
}

/** What every handler of the Probot app does: translate, and nothing else. */
export function translateReceived(delivery: { readonly name: string; readonly payload: object }): void {
  const entry = waiting.get(delivery.payload)
  if (entry === undefined) throw new Error('a delivery reached the Probot app without passing the inbox')
  entry.translation = translation(delivery.name, delivery.payload, entry.receipt)
}
