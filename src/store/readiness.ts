import { sql } from 'kysely'
import type { Database } from './database.ts'
import { listPendingMigrations } from './migrate.ts'

/** Whether the server refuses writes: a replica, or a primary that was told to. */
export const IS_READ_ONLY = sql<boolean>`(pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean)`

/**
 * Why no delivery can be committed now, in one sentence; null when one can. Throws when the database is unreachable.
 * After a commit that failed, nothing but a write shows whether the next one would succeed: `rehearse` then makes one.
 */
export async function whyNotReady(
  database: Database,
  rehearse: () => Promise<string | null> = async () => null,
): Promise<string | null> {
  // Over the connections that deliveries take, so that the answer is about them.
  const { reserved } = database
  const missing = await listPendingMigrations({ kysely: reserved })
  if (missing.length > 0) return `the database lacks ${missing.join(', ')}: run the migrations`
  const { rows } = await sql<{ readOnly: boolean }>`select ${IS_READ_ONLY} as read_only`.execute(reserved)
  if (rows[0]?.readOnly) {
    database.renew()
    return 'the database is read-only: point DATABASE_URL at the primary'
  }
  return await rehearse()
}
