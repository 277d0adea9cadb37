/**
 * Why a transaction failed: two transactions collided, another one has a lock for too long, the database is away, or one
 * request of the group is at fault.
 */
export type FailureCause = 'conflict' | 'locked' | 'unavailable' | 'culprit'

const LOCK_NOT_AVAILABLE = '55P03'

// https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources, operator intervention, system,
// configuration, internal; and 42, a statement of ours that does not fit this schema, which is no delivery's fault.
const UNAVAILABLE_CLASSES = ['08', '25', '28', '3D', '42', '53', '57', '58', 'F0', 'XX']
const UNAVAILABLE_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']
// The pg driver gives these errors no code.
const UNAVAILABLE_MESSAGES =
  /connection terminated|connection error|timeout exceeded|cannot use a pool|is closed|not queryable/i

/** Classifies an error of the driver. Every other error, a bug of ours included, is a request's fault. */
export function classifyCommitFailure(error: unknown): FailureCause {
  if (!(error instanceof Error)) return 'culprit'
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('40')) return 'conflict'
  if (code === LOCK_NOT_AVAILABLE) return 'locked'
  if (UNAVAILABLE_CODES.includes(code) || UNAVAILABLE_MESSAGES.test(error.message)) return 'unavailable'
  return /^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE_CLASSES.includes(code.slice(0, 2)) ? 'unavailable' : 'culprit'
}
