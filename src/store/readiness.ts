import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { listPendingMigrations } from './migrate.ts'

/** Whether the server refuses writes: a replica, or a primary that was told to. */
export const IS_READ_ONLY = sql<boolean>`(pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean)`

/**
 * Why no delivery can be committed now, in one sentence; null when one can. Throws when the database is unreachable.
 * After a commit that failed for `problem`, nothing but a write shows whether the next one would succeed.
 */
export async function whyNotReady(database: Database, problem: string | null = null): Promise<string | null> {
  const missing = await listPendingMigrations(database)
  if (missing.length > 0) return `the database lacks ${missing.join(', ')}: run the migrations`
  const { rows } = await sql<{ readOnly: boolean }>`select ${IS_READ_ONLY} as read_only`.execute(database.kysely)
  if (rows[0]?.readOnly) return 'the database is read-only: point DATABASE_URL at the primary'
  return problem === null || (await canStore(database)) ? null : problem
}

/** More than fits into what is left of a page: the disk must have room for it. */
const TRIAL_BYTES = 32 * 1024

/** Stores a delivery and takes it back. */
async function canStore({ kysely }: Database): Promise<boolean> {
  const takenBack = new Error('taken back')
  const trial = kysely.transaction().execute(async (trx) => {
    await sql`
      insert into deliveries (hook_id, guid, name, received_at, state, body)
      values (0, ${randomUUID()}, 'trial', now(), 'ignored', ${randomBytes(TRIAL_BYTES)})
    `.execute(trx)
    throw takenBack
  })
  return await trial.catch((error: unknown) => error === takenBack)
}
