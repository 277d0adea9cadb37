import { sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'

/** The rows of every table, by its name. */
export async function countRows({ kysely }: Database): Promise<ReadonlyMap<string, number>> {
  const { rows: tables } = await sql<{ table: string }>`
    select table_name as "table" from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(kysely)
  const counts = new Map<string, number>()
  for (const { table } of tables) {
    const { rows } = await sql<{ count: number }>`select count(*)::integer as count from ${sql.table(table)}`.execute(
      kysely,
    )
    counts.set(table, rows[0]?.count ?? 0)
  }
  return counts
}
