// Does BASE_URL lead to this Andon, and does what stands between pass streams and large bodies on?
import { type Finding, ok, type Reading, type ReadingFailure, skipped, unknown, wrong } from './finding.ts'

export type SiteReading = {
  readonly baseUrl: string
  /** This copy's build. */
  readonly build: string
  readonly health: Reading<HealthAnswer>
  /** Where this machine's Andon would listen, and whether it answers there; null where it was not asked. */
  readonly local: { readonly url: string; readonly answers: boolean } | null
  /** Null where it was not asked. */
  readonly stream: Reading<StreamTimes> | null
  /** The bodies that were posted, smallest first; none after the first that did not get through. */
  readonly posts: readonly { readonly bytes: number; readonly answer: Reading<PostAnswer> }[]
}

export type HealthAnswer = {
  readonly status: number
  readonly location: string | null
  /** Null if the answer is not Andon's. */
  readonly build: string | null
}

export type StreamTimes = {
  readonly status: number
  /** When the first bytes came, and when the stream ended; null if never. */
  readonly firstMs: number | null
  readonly endMs: number | null
}

export type PostAnswer = { readonly status: number; readonly location: string | null; readonly error: string | null }

export function examineSite(site: SiteReading | null): readonly Finding[] {
  if (site === null) return [skipped('site', 'BASE_URL is missing')]
  const reached = examineHealth(site)
  if (reached.state !== 'ok') return [reached]
  return [reached, examineStream(site), examinePosts(site)]
}

function examineHealth({ baseUrl, build, health, local }: SiteReading): Finding {
  const isHere = local?.answers === true
  if ('failure' in health) return whyUnreachable(baseUrl, health.failure, local)
  const { status, location, build: found } = health.value
  if (location !== null && status >= 300 && status < 400)
    return wrong(
      'site',
      'base-url-redirects',
      `${baseUrl} redirects to ${location}`,
      `Set BASE_URL to ${originOf(location) ?? 'where it leads'}: GitHub follows no redirect.`,
    )
  if (found === build) return ok('site', `${baseUrl} leads to this Andon, build ${build}`)
  if (found !== null)
    return wrong(
      'site',
      'other-build',
      `${baseUrl} leads to another version of Andon: build ${found}, and this copy is ${build}`,
      'Restart Andon with this copy, or run `doctor` in the one that is running.',
    )
  if (status >= 502 && status <= 504) {
    const what = `${baseUrl} answers ${status}: the proxy there gets no answer from Andon`
    if (!isHere) return notRunning(what, local)
    return wrong('site', 'proxy-upstream', what, `Let it pass requests on to ${local.url}, where Andon answers.`)
  }
  return wrong(
    'site',
    'base-url-elsewhere',
    `${baseUrl} leads to something else: /healthz answers ${status}, and not as Andon does`,
    'Correct BASE_URL, or let the proxy there pass every path on to Andon.',
  )
}

function whyUnreachable(baseUrl: string, { kind, words }: ReadingFailure, local: SiteReading['local']): Finding {
  const what = `nothing answers at ${baseUrl}: ${words}`
  if (kind === 'untrusted')
    return wrong('site', 'certificate', what, 'Renew the certificate of that host, with its whole chain.')
  if (local?.answers !== true && kind !== 'silent') return notRunning(what, local)
  const here = local?.answers === true ? ` though Andon does at ${local.url}` : ''
  return wrong(
    'site',
    'base-url-unreachable',
    `${what}${here}`,
    'Correct BASE_URL, or start the proxy that it names and let this machine reach it.',
  )
}

function notRunning(what: string, local: SiteReading['local']): Finding {
  const tried = local === null ? '' : `, nor at ${local.url}`
  return wrong('site', 'not-running', `${what}${tried}`, 'Start Andon (`npm start`, or the roles `web` and `worker`).')
}

function originOf(location: string): string | null {
  return URL.canParse(location) ? new URL(location).origin : null
}

/** The server keeps its probe open for two seconds: bytes that come only with the end were held back. */
const HELD_BACK_MS = 1_000

function examineStream({ stream }: SiteReading): Finding {
  if (stream === null) return skipped('stream', 'not asked')
  if ('failure' in stream)
    return unknown('stream', 'stream-unread', `the stream cannot be read: ${stream.failure.words}`, 'Try again.')
  const { status, firstMs, endMs } = stream.value
  if (status !== 200)
    return wrong(
      'stream',
      'stream-refused',
      `/events is answered ${status}`,
      'Let the proxy pass /events on to Andon like every other path.',
    )
  if (firstMs !== null && (endMs === null || endMs - firstMs >= HELD_BACK_MS))
    return ok('stream', 'its first bytes come at once')
  return wrong(
    'stream',
    'stream-buffered',
    'something before Andon holds the event stream back: the board would not move by itself',
    'Turn buffering off for /events (nginx: `proxy_buffering off`; deploy/ has examples).',
  )
}

const MIB = 1024 * 1024

function examinePosts({ posts }: SiteReading): Finding {
  for (const { bytes, answer } of posts) {
    const size = `${Math.round(bytes / MIB)} MiB`
    if ('failure' in answer) {
      const { kind, words } = answer.failure
      if (kind === 'silent')
        return unknown('bodies', 'body-slow', `a body of ${size} takes too long: ${words}`, 'Try again.')
      return tooLarge(`the connection is cut while a body of ${size} is sent (${words})`)
    }
    const { status, location, error } = answer.value
    if (status === 413) return tooLarge(`a body of ${size} is answered 413`)
    if (status >= 300 && status < 400)
      return wrong(
        'bodies',
        'webhook-redirects',
        `POST /api/github/webhooks is redirected${location === null ? '' : ` to ${location}`}`,
        'Let the proxy pass it on to Andon: GitHub follows no redirect.',
      )
    if (status === 401 && error === WRONG_SIGNATURE) continue
    if (status === 401 && error !== null)
      return wrong(
        'bodies',
        'header-removed',
        'the header x-hub-signature-256 does not arrive',
        'Let the proxy pass every header on unchanged.',
      )
    if (status === 503 && error !== null)
      return unknown('bodies', 'body-busy', `Andon takes no large body now: ${error}`, 'Try again.')
    return wrong(
      'bodies',
      'webhook-blocked',
      `POST /api/github/webhooks is answered ${status}, and not by Andon`,
      'Let the proxy or firewall before Andon pass it.',
    )
  }
  const largest = posts.at(-1)
  if (largest === undefined) return skipped('bodies', 'not asked')
  return ok('bodies', `a delivery of ${Math.round(largest.bytes / MIB)} MiB gets through`)
}

const WRONG_SIGNATURE = 'the signature does not match the body'

function tooLarge(what: string): Finding {
  const todo = 'Let the proxy take bodies of 25 MiB (nginx: `client_max_body_size 25m`; deploy/ has examples).'
  return wrong('bodies', 'body-too-large', what, todo)
}
