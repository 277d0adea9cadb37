import type { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import { evidence, type Here, here, moment, type Receipt, read, repositoryRef } from './fields.ts'

type RepositoryEventPort = Here & { repository: { updated_at: string | null } }

const schema: z.ZodType<RepositoryEventPort> = here.extend({
  repository: here.shape.repository.extend({ updated_at: moment.nullish().transform((at) => at ?? null) }),
})

export function translateRepository(action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(schema, payload)
  const repository = repositoryRef(port)
  // Nothing runs in an archived repository and nothing can be written there: for the line it is gone until unarchived.
  // No payload says when that happened; it was not before it was told.
  if (action === 'deleted' || action === 'archived') {
    const at = receipt.receivedAt
    return { type: 'repository.removed', at, evidence: evidence(receipt, at), repository }
  }
  const at = port.repository.updated_at ?? receipt.receivedAt
  return { type: 'repository.changed', at, evidence: evidence(receipt, at), repository }
}
