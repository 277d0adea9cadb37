import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'

export const INT8 = 20
export const TIMESTAMPTZ = 1184

/** Postgres' text of a timestamp as an Instant; infinities stay as they are. */
export function parseTimestamptz(text: string): Instant {
  return text.endsWith('infinity') ? text : new Date(text.replace(/([+-]\d\d)$/, '$1:00')).toISOString()
}

/** A column as an Instant inside a document, where Postgres writes a time in its own format. */
export function instantColumn(column: string): RawBuilder<Instant> {
  return sql<Instant>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
