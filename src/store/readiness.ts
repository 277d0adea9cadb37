import { sql } from 'kysely'
import type { Database } from './database.ts'
import { listPendingMigrations } from './migrate.ts'

/** Why no delivery can be committed now, in one sentence; null when one can. Throws when the database is unreachable. */
export async function whyNotReady(database: Database): Promise<string | null> {
  const missing = await listPendingMigrations(database)
  if (missing.length > 0) return `the database lacks ${missing.join(', ')}: run the migrations`
  const { rows } = await sql<{ readOnly: boolean }>`
    select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as read_only
  `.execute(database.kysely)
  return rows[0]?.readOnly ? 'the database is read-only: point DATABASE_URL at the primary' : null
}
