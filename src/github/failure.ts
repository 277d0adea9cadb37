// GitHub's failures are classified here, once, into six kinds. Callers switch on the kind, never on a status code.
import { isJsonContentType } from '../text/content-type.ts'
import { type AccessProblemRead, translateRefusedCall, translateRefusedToken } from '../translate/access-problem.ts'

/**
 * - `retryable`: nothing happened, or a repetition does no harm; try again later.
 * - `rate_limited`: GitHub accepts no requests before `until`; waiting does not count as a try.
 * - `not_found`: the thing addressed does not exist, or not any more.
 * - `refused`: GitHub understood and said no; the same request would be refused again.
 * - `no_access`: GitHub keeps the App out, whatever is sent; the same request works once a person has changed that.
 * - `unconfirmed`: it is unknown whether a creation succeeded; read back before sending again.
 */
export type FailureKind = 'retryable' | 'rate_limited' | 'not_found' | 'refused' | 'no_access' | 'unconfirmed'

/** A failed call to GitHub: its kind and GitHub's own message. */
export class GitHubFailure extends Error {
  override readonly name = 'GitHubFailure'
  readonly kind: FailureKind
  /** Only for `rate_limited`: when GitHub accepts requests again. */
  readonly until: string | undefined
  /** No answer came, or a 5xx: GitHub itself has a problem, at least with this installation. */
  readonly isOutage: boolean
  /** Only for `no_access`. */
  readonly access: AccessProblemRead | undefined

  constructor(kind: FailureKind, message: string, o: FailureDetail = {}) {
    super(message, { cause: o.cause })
    this.kind = kind
    this.until = o.until
    this.access = o.access
    this.isOutage = o.isOutage ?? false
  }
}

/** For a read: null where GitHub knows nothing of what was asked for. Every other failure goes on. */
export function nullIfNotFound(failure: unknown): null {
  if (failure instanceof GitHubFailure && failure.kind === 'not_found') return null
  throw failure
}

type FailureDetail = {
  readonly until?: string | undefined
  readonly access?: AccessProblemRead
  readonly isOutage?: boolean
  readonly cause?: unknown
}

/** How long a rate limit lasts when GitHub does not say: a minute, as its documentation recommends. */
export const DEFAULT_RATE_LIMIT_MS = 60_000

/** What the request does. A creation must not be sent twice. */
export type RequestIntent = 'read' | 'change' | 'create'

/** What was requested: `permission` is what the call needs by GitHub's documentation. */
export type RequestClass = { readonly intent: RequestIntent; readonly permission: string }

/** Classifies an error of the HTTP client. */
export function classifyFailure(error: unknown, { intent, permission }: RequestClass, now: string): GitHubFailure {
  if (error instanceof GitHubFailure) return error
  const { status, headers, message, isFromGitHub } = responseOf(error)
  const words = wordsOf(status, headers, message)
  const isOutage = status === null || status >= 500
  const fail = (kind: FailureKind, o: FailureDetail = {}) =>
    new GitHubFailure(kind, words, { isOutage, ...o, cause: error })
  if (status === null) return fail(intent === 'create' && !wasNeverSent(error) ? 'unconfirmed' : 'retryable')
  if (isRateLimit(status, headers, message)) return fail('rate_limited', { until: rateLimitEndsAt(headers, now) })
  // A page of a proxy or a load balancer: GitHub refuses in JSON.
  if (status >= 400 && status < 500 && !isFromGitHub) return fail(intent === 'create' ? 'unconfirmed' : 'retryable')
  // What was just made may be missing yet, which some routes answer with 422.
  const isMissing = status === 422 && /^(?:No commit found for SHA|Could not resolve to an? )/i.test(message)
  if (status === 404 || status === 410 || isMissing) return fail('not_found')
  // A token that is refused twice is not one that has just expired.
  if (status === 401 || status === 403 || status === 451) {
    return fail('no_access', { access: translateRefusedCall({ status, headers, message: words, permission }) })
  }
  if (status >= 500) return fail(intent === 'create' ? 'unconfirmed' : 'retryable')
  // Moved: a delivery with the new name is on its way.
  if (status < 400) return fail('retryable')
  return fail('refused')
}

/** Classifies an error of the request for a token. It is never about what was to be sent with the token. */
export function classifyTokenFailure(error: unknown, now: string): GitHubFailure {
  const failure = classifyFailure(error, { intent: 'read', permission: '' }, now)
  const { status, headers } = responseOf(error)
  if (failure.kind === 'retryable' || failure.kind === 'rate_limited' || status === null) return failure
  const access = translateRefusedToken({ status, headers, message: failure.message })
  return new GitHubFailure('no_access', `no token: ${failure.message}`, { access, cause: error })
}

/** GraphQL reports a limit with status 200 and no `retry-after`; null when the answer is none. */
export function graphqlLimitOf(
  { errors }: { readonly errors?: unknown },
  headers: Headers,
  now: string,
): GitHubFailure | null {
  const all: readonly { readonly type?: unknown; readonly message?: unknown }[] = Array.isArray(errors) ? errors : []
  const limit = all.find(
    ({ type, message }) => /^RATE_LIMIT(ED)?$/.test(`${type}`) || /\brate limit\b/i.test(`${message}`),
  )
  if (limit === undefined) return null
  return new GitHubFailure('rate_limited', `${limit.message}`, { until: rateLimitEndsAt(headers, now) })
}

type Headers = Readonly<Record<string, string | number | undefined>>

// Octokit gives network failures the status 500 and no response: only a response comes from GitHub.
function responseOf(error: unknown) {
  const message = error instanceof Error ? error.message : String(error)
  const response = (error as { response?: { status?: unknown; headers?: Headers; data?: unknown } } | null)?.response
  const status = typeof response?.status === 'number' ? response.status : null
  const isFromGitHub = typeof (response?.data as { message?: unknown } | null | undefined)?.message === 'string'
  return { status, headers: response?.headers ?? {}, message, isFromGitHub }
}

/** Octokit takes the whole body for the message: a proxy's page of HTML is no reason that people should read. */
function wordsOf(status: number | null, headers: Headers, message: string): string {
  const isReason = status === null || isJsonContentType(String(headers['content-type'] ?? ''))
  return isReason ? message : `GitHub answered ${status} and gave no reason`
}

const NEVER_SENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** True when no connection was made: then even a creation can safely be sent again. */
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
  const isExhausted = String(headers['x-ratelimit-remaining'] ?? '') === '0'
  return headers['retry-after'] !== undefined || isExhausted || /secondary rate limit|abuse detection/i.test(message)
}

/** From `retry-after`, else from the reset of an exhausted limit, else the default. */
function rateLimitEndsAt(headers: Headers, now: string): string {
  const nowMs = Date.parse(now)
  const after = retryAtMs(headers['retry-after'], nowMs)
  const isExhausted = String(headers['x-ratelimit-remaining'] ?? '') === '0'
  const reset = isExhausted ? Number(headers['x-ratelimit-reset']) * 1000 : Number.NaN
  const ends = [after, reset].find((ms) => Number.isFinite(ms) && ms > nowMs)
  return new Date(ends ?? nowMs + DEFAULT_RATE_LIMIT_MS).toISOString()
}

function retryAtMs(retryAfter: string | number | undefined, nowMs: number): number {
  if (retryAfter === undefined) return Number.NaN
  const seconds = Number(retryAfter)
  return Number.isFinite(seconds) ? nowMs + seconds * 1000 : Date.parse(String(retryAfter))
}
