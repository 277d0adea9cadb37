import type { Instant } from '../pipeline/pipeline.ts'
import type { Database } from './database.ts'

/** A delivery that was accepted and could not be applied, as an operator sees it. */
export type FailedDelivery = {
  readonly id: number
  readonly guid: string
  readonly name: string
  readonly action: string | null
  readonly receivedAt: Instant
  readonly error: string
  readonly attempts: number
}

/** The same with all that is needed to apply it again. */
export type StoredDelivery = FailedDelivery & {
  readonly hookId: number
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly body: Uint8Array
}

const SEEN = ['id', 'guid', 'name', 'action', 'receivedAt', 'error', 'attempts'] as const
const MOST_LISTED = 500

/** The newest failed deliveries first. */
export async function listFailed({ kysely }: Database): Promise<readonly FailedDelivery[]> {
  const rows = await kysely
    .selectFrom('deliveries')
    .select(SEEN)
    .where('state', '=', 'failed')
    .orderBy('id', 'desc')
    .limit(MOST_LISTED)
    .execute()
  return rows.map((row) => ({ ...row, error: row.error ?? '' }))
}

/** One failed delivery with its body; null when there is none of that id, or it has been applied since. */
export async function readFailed({ kysely }: Database, id: number): Promise<StoredDelivery | null> {
  const row = await kysely
    .selectFrom('deliveries')
    .select([...SEEN, 'hookId', 'installationId', 'repositoryId', 'body'])
    .where('id', '=', id)
    .where('state', '=', 'failed')
    .executeTakeFirst()
  return row === undefined || row.body === null ? null : { ...row, error: row.error ?? '', body: row.body }
}
