// An error is one sentence that says what to do: as a page for people, as JSON for programs.
import { Unavailable } from '../apply/apply-request.ts'
import { classifyCommitFailure } from '../apply/classify-commit-failure.ts'
import { AccessUnknown, SignInRequired } from '../sign-in/refusals.ts'
import { HttpError, ServiceUnavailable, TooManyRequests } from './http-errors.ts'
import { isMachinePath, noticesOf, type RequestContext, type SiteConfig } from './site.ts'
import type { Views } from './views.ts'

export type ErrorResponse = {
  readonly status: HttpError['status'] | 401 | 429 | 500
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  readonly page: ErrorPage | 'sign-in'
}

const RETRY_AFTER_SECONDS = 5

/** The response that an error calls for. */
export function errorResponseOf(error: unknown): ErrorResponse {
  if (error instanceof HttpError) {
    const headers: Record<string, string> = error.allowedMethods === null ? {} : { allow: error.allowedMethods }
    return { status: error.status, message: error.message, headers, page: ERROR_PAGES[error.status] }
  }
  if (error instanceof SignInRequired) {
    const message = 'Sign in with GitHub at /login, or send an API token of yours: /account makes one.'
    return { status: 401, message, headers: { 'www-authenticate': 'Bearer' }, page: 'sign-in' }
  }
  if (error instanceof TooManyRequests) {
    const { retryAfterSeconds: seconds, from } = error
    const message = `Too many requests come from ${from}: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
    return { status: 429, message, headers: { 'retry-after': String(seconds) }, page: TOO_MANY_PAGE }
  }
  if (error instanceof AccessUnknown) {
    const message = 'GitHub does not say just now what you may see: try again in a few seconds.'
    return { status: 503, message, headers: RETRY_HEADERS, page: ACCESS_UNKNOWN_PAGE }
  }
  if (isDatabaseAway(error)) {
    const message = 'The database cannot be read just now: try again in a few seconds.'
    return { status: 503, message, headers: RETRY_HEADERS, page: DATABASE_PAGE }
  }
  const message = 'Something broke on our side: the log says what.'
  return { status: 500, message, headers: {}, page: BROKEN_PAGE }
}

/** Whatever reads or writes: what the driver says of a database that is away, or is busy elsewhere, is no fault of ours. */
function isDatabaseAway(error: unknown): boolean {
  if (error instanceof ServiceUnavailable || error instanceof Unavailable) return true
  return classifyCommitFailure(error) !== 'culprit'
}

/** Answers a request with an error. */
export function respondWithError(
  context: RequestContext,
  { status, message, headers, page }: ErrorResponse,
  { views, config }: { views: Views; config: SiteConfig },
): Response {
  for (const [name, value] of Object.entries(headers)) context.header(name, value)
  context.header('cache-control', 'no-store')
  if (isMachinePath(context.req.path)) return context.json({ error: message }, status)
  if (page !== 'sign-in') {
    const model = { ...page, message, notices: noticesOf(config) }
    return context.html(views.render('error-page', model), status)
  }
  const { pathname, search } = new URL(context.req.url)
  const to = encodeURIComponent(pathname + search)
  return context.html(views.render('sign-in', { heading: 'Sign in', to, notices: [] }), status)
}

type ErrorPage = {
  readonly heading: string
  readonly details: readonly string[]
  readonly hasHomeLink: boolean
  readonly refreshSeconds: number | null
}

const RETRY_HEADERS = { 'retry-after': String(RETRY_AFTER_SECONDS) }

const plainPage = (heading: string): ErrorPage => ({ heading, details: [], hasHomeLink: true, refreshSeconds: null })

const ERROR_PAGES: Readonly<Record<HttpError['status'], ErrorPage>> = {
  400: plainPage('This request is not valid'),
  403: {
    heading: 'This board does not show you this',
    details: [
      'To let people sign in with GitHub, the operator sets GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET. On a trusted network, ANDON_ACCESS=open shows every repository to everyone who can reach this address.',
      'Deliveries are still received, and check runs and comments are kept up to date.',
    ],
    hasHomeLink: false,
    refreshSeconds: null,
  },
  404: plainPage('Nothing here'),
  405: plainPage('This address does not take that'),
  409: plainPage('This is no longer so'),
  413: plainPage('This is too large'),
  503: plainPage('GitHub does not answer'),
}

const TOO_MANY_PAGE = plainPage('Not so fast')

const BROKEN_PAGE = plainPage('Something broke')

const ACCESS_UNKNOWN_PAGE: ErrorPage = {
  heading: 'GitHub does not answer',
  details: [
    'You are still signed in. What GitHub let you see was shown for five minutes; now nothing is, until it answers again. This page reloads itself every few seconds.',
    'Deliveries are still received, and the work on the line goes on.',
  ],
  hasHomeLink: false,
  refreshSeconds: RETRY_AFTER_SECONDS,
}

const DATABASE_PAGE: ErrorPage = {
  heading: 'The database is unavailable',
  details: ['Nothing that was accepted is lost. This page reloads itself every few seconds.'],
  hasHomeLink: false,
  refreshSeconds: RETRY_AFTER_SECONDS,
}
