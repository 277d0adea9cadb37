import { sql, type Updateable } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** A delivery that was accepted and could not be applied, as an operator sees it. */
export type FailedDelivery = {
  readonly id: number
  readonly guid: string
  readonly name: string
  readonly action: string | null
  readonly receivedAt: Instant
  /** Null when it is not known, or not any more. */
  readonly repository: string | null
  readonly error: string
  readonly attempts: number
}

/** A failed delivery with everything that is needed to apply it again. */
export type StoredDelivery = Omit<FailedDelivery, 'repository'> & {
  readonly hookId: number
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly body: Uint8Array
}

const LISTED_COLUMNS = ['id', 'guid', 'name', 'action', 'receivedAt', 'error', 'attempts'] as const
const MAX_LISTED = 500

/** The newest failed deliveries first. */
export async function listFailedDeliveries({ kysely }: Database): Promise<readonly FailedDelivery[]> {
  const rows = await kysely
    .selectFrom('deliveries')
    .leftJoin('repositories', 'repositories.id', 'deliveries.repositoryId')
    .select(LISTED_COLUMNS.map((column) => `deliveries.${column}` as const))
    .select('repositories.fullName as repository')
    .where('deliveries.state', '=', 'failed')
    .orderBy('deliveries.id', 'desc')
    .limit(MAX_LISTED)
    .execute()
  return rows.map((row) => ({ ...row, error: row.error ?? '' }))
}

/** One failed delivery with its body; null when that id is unknown or has been applied since. */
export async function loadFailedDelivery({ kysely }: Database, id: number): Promise<StoredDelivery | null> {
  const row = await kysely
    .selectFrom('deliveries')
    .select([...LISTED_COLUMNS, 'hookId', 'installationId', 'repositoryId', 'body'])
    .where('id', '=', id)
    .where('state', '=', 'failed')
    .executeTakeFirst()
  return row === undefined || row.body === null ? null : { ...row, error: row.error ?? '', body: row.body }
}

/** Failed deliveries that nobody wants to apply any more are kept like those that change nothing; resolves to how many. */
export async function dropFailedDeliveries({ kysely }: Database, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0
  const { numUpdatedRows } = await kysely
    .updateTable('deliveries')
    .set({ state: 'ignored', body: null, error: 'dropped by an operator' })
    .where('id', 'in', ids)
    .where('state', '=', 'failed')
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** A delivery as it is first stored: with its event if it was applied, with its body and the reason if it failed. */
export type NewDelivery = {
  readonly hookId: number
  readonly guid: string
  readonly name: string
  readonly action: string | null
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly receivedAt: Instant
  readonly state: 'applied' | 'ignored' | 'failed'
  readonly event: string | null
  readonly error: string | null
  readonly body: Uint8Array | null
}

type InsertedDelivery = Pick<NewDelivery, 'hookId' | 'guid' | 'state'> & {
  readonly id: number
  readonly attempts: number
}

/**
 * Writes a row for each delivery; for one that is stored already only the attempt is counted, and its row is returned
 * as it was. All rows go in as one parameter: half the work of one placeholder per value.
 */
export async function insertDeliveries(
  trx: Transaction,
  rows: readonly NewDelivery[],
): Promise<readonly InsertedDelivery[]> {
  if (rows.length === 0) return []
  const input = rows.map(({ body, ...row }) => ({ ...row, body: body && Buffer.from(body).toString('hex') }))
  const { rows: saved } = await sql<InsertedDelivery>`
    insert into deliveries
      (hook_id, guid, name, action, installation_id, repository_id, received_at, state, event, error, body)
    select "hookId", guid, name, action, "installationId", "repositoryId", "receivedAt", state, event::jsonb, error,
      decode(body, 'hex')
    from jsonb_to_recordset(${JSON.stringify(input)}::jsonb) as input
      ("hookId" bigint, guid text, name text, action text, "installationId" bigint, "repositoryId" bigint,
       "receivedAt" timestamptz, state text, event text, error text, body text)
    on conflict (hook_id, guid) do update set attempts = deliveries.attempts + 1
    returning id, hook_id, guid, state, attempts`.execute(trx)
  return saved
}

/** Writes the result of a delivery that was applied again. */
export async function updateDelivery(
  trx: Transaction,
  id: number,
  columns: Pick<Updateable<Tables['deliveries']>, 'state' | 'event' | 'error' | 'body'>,
): Promise<void> {
  await trx.updateTable('deliveries').set(columns).where('id', '=', id).execute()
}
