import type { Instant } from '../pipeline/model/time.ts'

export const INT8 = 20
export const TIMESTAMPTZ = 1184

/** Postgres' text of a timestamp as an Instant; infinities stay as they are. */
export function parseTimestamptz(text: string): Instant {
  return text.endsWith('infinity') ? text : new Date(text.replace(/([+-]\d\d)$/, '$1:00')).toISOString()
}
