// Every path but the webhook's. Order matters: `/:owner/:repo` would take any two words.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Logger } from 'pino'
import { detail } from '../render/pipeline-detail.ts'
import type { Assets } from './assets.ts'
import { tell, troubleOf } from './error-page.ts'
import { Refusal } from './http-errors.ts'
import type { Hub } from './hub.ts'
import type { Metrics } from './metrics.ts'
import { createPages } from './pages.ts'
import { askedLights, askedPlace } from './params.ts'
import { type Health, healthz, readyz } from './probes.ts'
import type { Reader } from './reader.ts'
import { safeHeaders } from './security-headers.ts'
import type { Asked, Bound, SiteConfig } from './site.ts'
import { boardJson, readBoard, readIssue } from './stream-formats.ts'
import type { Views } from './views.ts'

// Without sign-in these alone may be reached: they tell no names of people or repositories, and reports prove themselves.
const OPEN_TO_ALL = /^\/(healthz|readyz|metrics|assets\/.*|api\/reports)$/

/** What the parts of the site are made of. */
export type Site = {
  readonly reader: Reader
  readonly hub: Hub
  readonly views: Views
  readonly assets: Assets
  readonly metrics: Metrics
  readonly config: SiteConfig
  readonly health: () => Promise<Health>
  /** Takes what workflows say of themselves. */
  readonly report: (asked: Asked) => Promise<Response>
  readonly log: Logger
}

/** The site: pages, streams, JSON, probes, assets. */
export function createApp(site: Site): Hono<Bound> {
  const { reader, hub, assets, config, metrics, log } = site
  const pages = createPages(site)
  const app = new Hono<Bound>({ strict: false })

  function get(path: string, answer: (asked: Asked) => Promise<Response> | Response): void {
    app.get(path, answer)
    app.all(path, () => {
      throw new Refusal(405, 'This address is only read.', 'GET, HEAD')
    })
  }

  app.use(async (asked, next) => {
    const beganAt = performance.now()
    await next()
    const { method } = asked.req
    const seconds = (performance.now() - beganAt) / 1000
    metrics.answered({ route: routeOf(asked), method, status: asked.res.status, seconds })
  })
  app.use(safeHeaders(config.baseUrl))
  app.use(async (asked, next) => {
    await next()
    if (asked.res !== RESPONSE_ALREADY_SENT && !asked.res.headers.has('cache-control'))
      asked.header('cache-control', 'no-store')
  })
  app.use(async (asked, next) => {
    if (config.access === 'login' && !OPEN_TO_ALL.test(asked.req.path)) {
      throw new Refusal(403, 'This board is closed: sign-in is not part of this version.')
    }
    await next()
  })

  get('/healthz', async (asked) => asked.json(await healthz({ ...site, build: config.build })))
  get('/readyz', async (asked) => {
    const answer = await readyz(reader)
    return asked.json(answer, answer.ready ? 200 : 503)
  })
  get('/metrics', async (asked) => {
    const { type, text } = await metrics.scrape()
    return asked.body(text, 200, { 'content-type': type })
  })
  get('/assets/:hash/:name', (asked) => {
    const asset = assets.find(asked.req.param('name') ?? '')
    if (asset === null) throw new Refusal(404, 'There is no such file.')
    // Another build asks for its own bytes by hash: it gets ours, but must not keep them under that name.
    const keep = asset.hash === asked.req.param('hash') ? 'public, max-age=31536000, immutable' : 'no-store'
    return asked.body(asset.body, 200, { 'content-type': asset.type, 'cache-control': keep })
  })
  get('/favicon.ico', (asked) => asked.redirect(assets.path('icon.svg')))

  get('/events', async (asked) => {
    const place = await askedPlace(reader, {
      repository: asked.req.query('repository'),
      issue: asked.req.query('issue'),
    })
    const format = asked.req.query('as') ?? 'html'
    if (format !== 'html' && format !== 'json') throw new Refusal(400, 'Ask for the stream as=json, or leave it out.')
    if (asked.req.raw.method === 'HEAD')
      return asked.body(null, 200, { 'content-type': 'text/event-stream; charset=utf-8' })
    await hub.join(place, format, asked.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  get('/api/pipelines', async (asked) => {
    const place = await askedPlace(reader, { repository: asked.req.query('repository') })
    const lights = askedLights(asked.req.queries('light'))
    const after = asked.req.query('after')
    const query = { ...(lights && { lights }), ...(after !== undefined && { after }) }
    return asked.json(boardJson(await readBoard(reader, place, query)))
  })
  get('/api/pipelines/:owner/:repo/:number', async (asked) => {
    const { owner, repo, number } = asked.req.param() as Record<string, string>
    const { shown, history, asOf } = await readIssue(
      reader,
      await askedPlace(reader, { repository: `${owner}/${repo}`, issue: number }),
    )
    return asked.json(detail(shown, history, asOf))
  })

  app.post('/api/reports', site.report)
  app.all('/api/reports', () => {
    throw new Refusal(405, 'Reports are posted: docs/reports.md says how.', 'POST')
  })

  get('/', (asked) => pages.board(asked))
  get('/:owner/:repo', (asked) => pages.board(asked))
  get('/:owner/:repo/issues/:number', (asked) => pages.issue(asked))

  app.notFound((asked) => tell(asked, troubleOf(new Refusal(404, 'There is no such page: the board is at /.')), site))
  app.onError((error, asked) => {
    const trouble = troubleOf(error)
    if (trouble.status === 500) log.error({ err: error, path: asked.req.path }, 'a request failed')
    return tell(asked, trouble, site)
  })
  return app
}

/** The pattern, never the path: paths name repositories. */
function routeOf(asked: Asked): string {
  return matchedRoutes(asked).find(({ path }) => path !== '/*')?.path ?? 'none'
}
