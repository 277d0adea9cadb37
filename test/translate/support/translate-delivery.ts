// What a delivery is told as, for the tests of the translators.

import type { Event } from '../../../src/pipeline/model/events.ts'
import { translate } from '../../../src/translate/translate.ts'
import { merged, type Posted } from '../../support/deliveries.ts'
import { type Plot, trace } from '../../support/traces.ts'

export const RECEIVED = '2026-11-21T10:00:00.000Z'
export const RECEIPT = { guid: 'a-guid', receivedAt: RECEIVED }

export function told(delivery: Posted): Event | null {
  return translate(delivery.name, delivery.payload, RECEIPT)
}

/** The event a delivery is told as, which must be of this type. */
export function toldAs<T extends Event['type']>(type: T, delivery: Posted): Extract<Event, { type: T }> {
  const event = told(delivery)
  if (event?.type !== type) throw new Error(`told as ${event?.type}, not ${type}`)
  return event as Extract<Event, { type: T }>
}

/** The same delivery, with some parts of its payload replaced. */
export function withParts(delivery: Posted, parts: Record<string, unknown>): Posted {
  return { name: delivery.name, payload: merged(delivery.payload, parts) }
}

/** The first such delivery in the story of issue 42. */
export function step(name: string, action: string, plot: Plot = {}): Posted {
  const found = trace(42, plot).deliveries.find((each) => each.name === name && each.payload.action === action)
  if (!found) throw new Error(`the story has no ${name}.${action}`)
  return found
}
