/** Whose fault it is that a transaction failed: nobody's, the database's, or that of something in the group. */
export type Failure = 'conflict' | 'away' | 'culprit'

// https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources, operator intervention, system,
// configuration, internal; and 42, a statement of ours that does not fit this schema, which no delivery can help.
const AWAY_CLASSES = ['08', '25', '28', '3D', '42', '53', '57', '58', 'F0', 'XX']
const AWAY_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']
// The pg driver gives these no code.
const AWAY_WORDS = /connection terminated|connection error|timeout exceeded|cannot use a pool|is closed|not queryable/i

/** Sorts what the driver threw. What it did not throw, a mistake of our own included, is the culprit's. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'culprit'
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('40')) return 'conflict'
  if (AWAY_CODES.includes(code) || AWAY_WORDS.test(error.message)) return 'away'
  return /^[0-9A-Z]{5}$/.test(code) && AWAY_CLASSES.includes(code.slice(0, 2)) ? 'away' : 'culprit'
}
