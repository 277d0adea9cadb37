import { sql } from 'kysely'
import type { Database } from './database.ts'

/**
 * Frees what was deleted or replaced, so that new rows take its place. The embedded database has no autovacuum and would grow for
 * ever. A table at a time: deliveries come in between.
 */
export async function vacuumTables({ kysely }: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(kysely)
  for (const { name } of rows) await sql`vacuum ${sql.table(name)}`.execute(kysely)
}
