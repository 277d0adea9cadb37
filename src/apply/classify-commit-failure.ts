/** Whose fault it is that a transaction failed: nobody's, the database's, or that of something in the group. */
export type FailureCause = 'conflict' | 'unavailable' | 'culprit'

// https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources, operator intervention, system,
// configuration, internal; and 42, a statement of ours that does not fit this schema, which no delivery can help.
const UNAVAILABLE_CLASSES = ['08', '25', '28', '3D', '42', '53', '57', '58', 'F0', 'XX']
const UNAVAILABLE_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']
// The pg driver gives these no code.
const UNAVAILABLE_MESSAGES =
  /connection terminated|connection error|timeout exceeded|cannot use a pool|is closed|not queryable/i

/** Sorts what the driver threw. What it did not throw, a mistake of our own included, is the culprit's. */
export function classifyCommitFailure(error: unknown): FailureCause {
  if (!(error instanceof Error)) return 'culprit'
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('40')) return 'conflict'
  if (UNAVAILABLE_CODES.includes(code) || UNAVAILABLE_MESSAGES.test(error.message)) return 'unavailable'
  return /^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE_CLASSES.includes(code.slice(0, 2)) ? 'unavailable' : 'culprit'
}
