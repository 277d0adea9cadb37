import type { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type DeliveryReceipt,
  evidenceOf,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
} from './fields.ts'

const schema: z.ZodType<RepositoryPayload> = repositoryPayload

export function translateRepository(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(schema, payload)
  // Nothing runs in an archived repository and nothing can be written there, so it counts as removed until unarchived.
  const type = action === 'deleted' || action === 'archived' ? 'repository.removed' : 'repository.changed'
  const at = port.repository.updated_at ?? receipt.receivedAt
  return { type, at, evidence: evidenceOf(receipt, at), repository: repositoryRefOf(port) }
}
