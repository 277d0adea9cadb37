// GitHub's failures are classified here, once, to five words. Callers switch on the word, never on a status code.

/**
 * - `retryable`: nothing happened, or it does no harm twice; try again later.
 * - `rate_limited`: GitHub asks us to be quiet until `until`; a wait is not a try.
 * - `not_found`: what we spoke of is not there (any more).
 * - `refused`: GitHub understood and said no; the same request will be refused again.
 * - `unconfirmed`: something was to be created and nobody knows whether it was; read back before sending again.
 */
export type FailureKind = 'retryable' | 'rate_limited' | 'not_found' | 'refused' | 'unconfirmed'

/** A call to GitHub that did not succeed, in one word and GitHub's own message. */
export class GitHubFailure extends Error {
  override readonly name = 'GitHubFailure'
  readonly kind: FailureKind
  /** Only of a `rate_limited`: when GitHub will listen again. */
  readonly until: string | undefined

  constructor(kind: FailureKind, message: string, o: { until?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: o.cause })
    this.kind = kind
    this.until = o.until
  }
}

/** How long a rate limit lasts when GitHub does not say: a minute, as its documentation asks. */
export const DEFAULT_RATE_LIMIT_MS = 60_000

/** What the request was: creations are the ones that must not be sent twice. */
export type RequestIntent = 'read' | 'change' | 'create'

/** Puts an error of the HTTP client into one of the five words. */
export function classifyFailure(error: unknown, intent: RequestIntent, now: string): GitHubFailure {
  if (error instanceof GitHubFailure) return error
  const { status, headers, message } = responseOf(error)
  const fail = (kind: FailureKind, until?: string) => new GitHubFailure(kind, message, { until, cause: error })
  if (status === null) return fail(intent === 'create' && !wasNeverSent(error) ? 'unconfirmed' : 'retryable')
  if (isRateLimit(status, headers, message)) return fail('rate_limited', rateLimitEndsAt(headers, now))
  if (status === 404 || status === 410) return fail('not_found')
  // A token may have just expired or been revoked; the request was not carried out.
  if (status === 401) return fail('retryable')
  if (status >= 500) return fail(intent === 'create' ? 'unconfirmed' : 'retryable')
  // Moved: the new name is on its way to us as a delivery.
  if (status < 400) return fail('retryable')
  return fail('refused')
}

type Headers = Readonly<Record<string, string | number | undefined>>

// Octokit gives network failures the status 500 and no response: only a response is GitHub speaking.
function responseOf(error: unknown): { status: number | null; headers: Headers; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  const response = (error as { response?: { status?: unknown; headers?: Headers } } | null)?.response
  const status = typeof response?.status === 'number' ? response.status : null
  return { status, headers: response?.headers ?? {}, message }
}

const NEVER_SENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** True when the connection was never made: then even a creation may simply be tried again. */
function wasNeverSent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (NEVER_SENT_CODES.has((cause as NodeJS.ErrnoException).code ?? '')) return true
    if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.every(wasNeverSent)
  }
  return false
}

// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
function isRateLimit(status: number, headers: Headers, message: string): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  const spent = String(headers['x-ratelimit-remaining'] ?? '') === '0'
  return headers['retry-after'] !== undefined || spent || /secondary rate limit|abuse detection/i.test(message)
}

/** `retry-after` first, then the reset of a spent limit, else the default. */
function rateLimitEndsAt(headers: Headers, now: string): string {
  const nowMs = Date.parse(now)
  const after = retryAtMs(headers['retry-after'], nowMs)
  const spent = String(headers['x-ratelimit-remaining'] ?? '') === '0'
  const reset = spent ? Number(headers['x-ratelimit-reset']) * 1000 : Number.NaN
  const ends = [after, reset].find((ms) => Number.isFinite(ms) && ms > nowMs)
  return new Date(ends ?? nowMs + DEFAULT_RATE_LIMIT_MS).toISOString()
}

function retryAtMs(retryAfter: string | number | undefined, nowMs: number): number {
  if (retryAfter === undefined) return Number.NaN
  const seconds = Number(retryAfter)
  return Number.isFinite(seconds) ? nowMs + seconds * 1000 : Date.parse(String(retryAfter))
}
