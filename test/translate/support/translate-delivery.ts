// Translates deliveries for the tests of the translators.

import { translateDelivery as translateInInbox } from '../../../src/inbox/translate-delivery.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import { deepMerge, type WebhookDelivery } from '../../support/deliveries.ts'
import { type TraceOptions, traceOf } from '../../support/traces.ts'

export const RECEIVED = '2026-11-21T10:00:00.000Z'
export const RECEIPT = { guid: 'a-guid', receivedAt: RECEIVED }

export function translateDelivery({ name, payload }: WebhookDelivery): Event | null {
  const { event, failure } = translateInInbox(name, payload, RECEIPT)
  if (failure !== undefined) throw new Error(failure)
  return event
}

/** The event of a delivery, which must be of this type. */
export function translateAs<T extends Event['type']>(type: T, delivery: WebhookDelivery): Extract<Event, { type: T }> {
  const event = translateDelivery(delivery)
  if (event?.type !== type) throw new Error(`translated to ${event?.type}, not ${type}`)
  return event as Extract<Event, { type: T }>
}

/** The same delivery, with some parts of its payload replaced. */
export function withPayload(delivery: WebhookDelivery, parts: Record<string, unknown>): WebhookDelivery {
  return { name: delivery.name, payload: deepMerge(delivery.payload, parts) }
}

/** The first such delivery in the trace of issue 42. */
export function traceDelivery(name: string, action: string, plot: TraceOptions = {}): WebhookDelivery {
  const found = traceOf(42, plot).deliveries.find((each) => each.name === name && each.payload.action === action)
  if (!found) throw new Error(`the trace has no ${name}.${action}`)
  return found
}
