// Moments in queries, formatted where they stand inside a document.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'

/** A column as an Instant inside a document, where Postgres writes a time in its own format. */
export function instantColumn(column: string): RawBuilder<Instant> {
  return sql<Instant>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
