import type { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type DeliveryReceipt,
  evidenceOf,
  optionalTimestamp,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
} from './fields.ts'

type RepositoryEventPayload = RepositoryPayload & { repository: { updated_at: string | null } }

const schema: z.ZodType<RepositoryEventPayload> = repositoryPayload.extend({
  repository: repositoryPayload.shape.repository.extend({
    updated_at: optionalTimestamp,
  }),
})

export function translateRepository(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(schema, payload)
  const repository = repositoryRefOf(port)
  // Nothing runs in an archived repository and nothing can be written there, so it counts as removed until unarchived.
  // The payload does not say when that happened.
  if (action === 'deleted' || action === 'archived') {
    const at = receipt.receivedAt
    return { type: 'repository.removed', at, evidence: evidenceOf(receipt, at), repository }
  }
  const at = port.repository.updated_at ?? receipt.receivedAt
  return { type: 'repository.changed', at, evidence: evidenceOf(receipt, at), repository }
}
