// An error is one sentence that says what to do: as a page for people, as JSON for programs.
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import { noticesOf, type RequestContext, type SiteConfig } from './site.ts'
import type { Views } from './views.ts'

export type ErrorResponse = {
  readonly status: 400 | 403 | 404 | 405 | 500 | 503
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

const RETRY_AFTER_SECONDS = 5

/** The response that an error calls for. */
export function errorResponseOf(error: unknown): ErrorResponse {
  if (error instanceof HttpError) {
    const headers: Record<string, string> = error.allowedMethods === null ? {} : { allow: error.allowedMethods }
    return { status: error.status, message: error.message, headers }
  }
  if (error instanceof ServiceUnavailable) {
    const message = 'The database cannot be read just now: try again in a few seconds.'
    return { status: 503, message, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
  }
  return { status: 500, message: 'Something broke on our side: the log says what.', headers: {} }
}

/** Answers a request with an error. */
export function respondWithError(
  context: RequestContext,
  error: ErrorResponse,
  { views, config }: { views: Views; config: SiteConfig },
): Response {
  for (const [name, value] of Object.entries(error.headers)) context.header(name, value)
  context.header('cache-control', 'no-store')
  if (isMachinePath(context.req.path)) return context.json({ error: error.message }, error.status)
  const model = { ...ERROR_PAGES[error.status], message: error.message, notices: noticesOf(config) }
  return context.html(views.render('error-page', model), error.status)
}

type ErrorPage = {
  readonly heading: string
  readonly details: readonly string[]
  readonly hasHomeLink: boolean
  readonly refreshSeconds: number | null
}

const ERROR_PAGES: Readonly<Record<ErrorResponse['status'], ErrorPage>> = {
  400: { heading: 'This request is not valid', details: [], hasHomeLink: true, refreshSeconds: null },
  403: {
    heading: 'This board is closed',
    details: [
      'To open it on a trusted network, start Andon with ANDON_ACCESS=open: then anyone who can reach this address sees every repository.',
      'Deliveries are still received, and check runs and comments are kept up to date.',
    ],
    hasHomeLink: false,
    refreshSeconds: null,
  },
  404: { heading: 'Nothing here', details: [], hasHomeLink: true, refreshSeconds: null },
  405: { heading: 'This address is read-only', details: [], hasHomeLink: true, refreshSeconds: null },
  500: { heading: 'Something broke', details: [], hasHomeLink: true, refreshSeconds: null },
  503: {
    heading: 'The database is unavailable',
    details: ['Nothing that was accepted is lost. This page reloads itself every few seconds.'],
    hasHomeLink: false,
    refreshSeconds: RETRY_AFTER_SECONDS,
  },
}

function isMachinePath(path: string): boolean {
  return /^\/(api|events|healthz|readyz|metrics)(\/|$)/.test(path)
}
