// What goes wrong is told in one sentence that says what to do: as a page to people, as JSON to programs.
import { Away, Refusal } from './http-errors.ts'
import { type Asked, noticesOf, type SiteConfig } from './site.ts'
import type { Views } from './views.ts'

export type Trouble = {
  readonly status: 400 | 403 | 404 | 405 | 500 | 503
  readonly sentence: string
  readonly headers: Readonly<Record<string, string>>
}

const RETRY_AFTER_SECONDS = 5

/** What an error means to the one who asked. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Refusal) {
    const headers: Record<string, string> = error.allow === null ? {} : { allow: error.allow }
    return { status: error.status, sentence: error.message, headers }
  }
  if (error instanceof Away) {
    const sentence = 'The database cannot be read just now: try again in a few seconds.'
    return { status: 503, sentence, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
  }
  return { status: 500, sentence: 'Something broke on our side: the log says what.', headers: {} }
}

/** The answer that tells it. */
export function tell(
  asked: Asked,
  trouble: Trouble,
  { views, config }: { views: Views; config: SiteConfig },
): Response {
  for (const [name, value] of Object.entries(trouble.headers)) asked.header(name, value)
  asked.header('cache-control', 'no-store')
  if (isForPrograms(asked.req.path)) return asked.json({ error: trouble.sentence }, trouble.status)
  const model = { ...PAGES[trouble.status], sentence: trouble.sentence, notices: noticesOf(config) }
  return asked.html(views.draw('error-page', model), trouble.status)
}

type Page = {
  readonly heading: string
  readonly more: readonly string[]
  readonly home: boolean
  readonly refreshSeconds: number | null
}

const PAGES: Readonly<Record<Trouble['status'], Page>> = {
  400: { heading: 'That cannot be answered', more: [], home: true, refreshSeconds: null },
  403: {
    heading: 'This board is closed',
    more: [
      'To open it on a trusted network, start Andon with ANDON_ACCESS=open: then whoever reaches this address sees every repository.',
      'Deliveries are received, and check runs and comments kept up, all the same.',
    ],
    home: false,
    refreshSeconds: null,
  },
  404: { heading: 'Nothing here', more: [], home: true, refreshSeconds: null },
  405: { heading: 'This address is only read', more: [], home: true, refreshSeconds: null },
  500: { heading: 'Something broke', more: [], home: true, refreshSeconds: null },
  503: {
    heading: 'The database is away',
    more: ['Nothing that was accepted is lost. This page loads itself again every few seconds.'],
    home: false,
    refreshSeconds: RETRY_AFTER_SECONDS,
  },
}

function isForPrograms(path: string): boolean {
  return /^\/(api|events|healthz|readyz|metrics)(\/|$)/.test(path)
}
