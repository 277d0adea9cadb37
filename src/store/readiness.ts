import { randomBytes, randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { listPendingMigrations } from './migrate.ts'
import type { Tables } from './tables.ts'

/** Whether the server refuses writes: a replica, or a primary that was told to. */
export const IS_READ_ONLY = sql<boolean>`(pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean)`

/**
 * Why no delivery can be committed now, in one sentence; null when one can. Throws when the database is unreachable.
 * After a commit that failed for `problem`, nothing but a write shows whether the next one would succeed.
 */
export async function whyNotReady(database: Database, problem: string | null = null): Promise<string | null> {
  // Over the connections that deliveries take, so that the answer is about them.
  const { reserved } = database
  const missing = await listPendingMigrations({ kysely: reserved })
  if (missing.length > 0) return `the database lacks ${missing.join(', ')}: run the migrations`
  const { rows } = await sql<{ readOnly: boolean }>`select ${IS_READ_ONLY} as read_only`.execute(reserved)
  if (rows[0]?.readOnly) {
    database.renew()
    return 'the database is read-only: point DATABASE_URL at the primary'
  }
  return problem === null || (await canStore(reserved)) ? null : problem
}

/** More than fits into what is left of a page: the disk must have room for it. */
const TRIAL_BYTES = 32 * 1024

/** Stores a delivery and takes it back. */
async function canStore(kysely: Kysely<Tables>): Promise<boolean> {
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
