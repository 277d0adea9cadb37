// Every path but the webhook's. Order matters: `/:owner` and `/:owner/:repo` match any one or two segments.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { matchedRoutes } from 'hono/route'
import type { Logger } from 'pino'
import { pipelineDetailOf } from '../render/pipeline-detail.ts'
import type { Assets } from './assets.ts'
import type { AnswerWithBadge } from './badge.ts'
import { errorResponseOf, respondWithError } from './error-page.ts'
import type { Gate } from './gate.ts'
import { HttpError } from './http-errors.ts'
import type { Hub } from './hub.ts'
import type { Metrics } from './metrics.ts'
import { createPages } from './pages.ts'
import { noSuchPage, queryOf, resolveViewScope } from './params.ts'
import { healthz, type ProbeReadings, readyz } from './probes.ts'
import { securityHeaders } from './security-headers.ts'
import { type HonoEnv, onlookerOf, type RequestContext, type SiteConfig } from './site.ts'
import { loadBoardPage, loadIssuePage, toBoardJson } from './stream-formats.ts'
import { answerStreamProbe, isStreamProbe } from './stream-probe.ts'
import { parseStreamRequest } from './stream-request.ts'
import type { Views } from './views.ts'

// The only paths that need no sign-in: they name no people or hidden repositories, and reports carry a token of their own.
const PUBLIC_PATHS =
  /^\/(healthz|readyz|metrics|favicon\.ico|service-worker\.js|assets\/.*|badge\/.*|api\/reports|api\/openapi\.json|login|login\/callback|setup(\/done|\/installed)?)$/

/** What the site is built from. */
export type AppParts = {
  readonly gate: Gate
  /** Adds the pages of signing in; none where nobody signs in. */
  readonly addSignIn: (app: Hono<HonoEnv>) => void
  readonly hub: Hub
  readonly views: Views
  readonly assets: Assets
  readonly metrics: Metrics
  readonly badge: AnswerWithBadge
  readonly config: SiteConfig
  readonly readings: ProbeReadings
  /** Answers one report of a workflow. */
  readonly report: (context: RequestContext) => Promise<Response>
  readonly log: Logger
}

/** The site: pages, streams, JSON, probes, assets. */
export function createApp(site: AppParts): Hono<HonoEnv> {
  const { gate, hub, views, assets, config, metrics, log } = site
  const pages = createPages(site)
  const app = new Hono<HonoEnv>({ strict: false })

  function get(path: string, answer: (context: RequestContext) => Promise<Response> | Response): void {
    app.get(path, answer)
    app.all(path, () => {
      throw new HttpError(405, 'This address is read-only.', 'GET, HEAD')
    })
  }

  function answerWithAsset(context: RequestContext, name: string, headers: Record<string, string>): Response {
    const asset = assets.find(name)
    if (asset === null) throw new HttpError(404, 'There is no such file.')
    return context.body(asset.body, 200, { 'content-type': asset.type, ...headers })
  }

  app.use(async (context, next) => {
    const startedAt = performance.now()
    await next()
    const { method } = context.req
    const seconds = (performance.now() - startedAt) / 1000
    metrics.observeRequest({ route: routePatternOf(context), method, status: context.res.status, seconds })
  })
  app.use(compress())
  app.use('/login/*', async (context, next) => {
    await next()
    // The address of the callback has the code in it.
    context.header('referrer-policy', 'no-referrer')
  })
  app.use(securityHeaders(config.baseUrl))
  app.use(async (context, next) => {
    await next()
    if (context.res !== RESPONSE_ALREADY_SENT && !context.res.headers.has('cache-control'))
      context.header('cache-control', 'no-store')
  })
  app.use(async (context, next) => {
    if (!PUBLIC_PATHS.test(context.req.path) && !isStreamProbe(context)) context.set('onlooker', await gate(context))
    await next()
  })
  site.addSignIn(app)

  get('/healthz', async (context) => context.json(await healthz({ ...site, build: config.build })))
  get('/readyz', async (context) => {
    const answer = await readyz(site.readings)
    return context.json(answer, answer.ready ? 200 : 503)
  })
  get('/metrics', async (context) => {
    const { type, text } = await metrics.scrape()
    return context.body(text, 200, { 'content-type': type })
  })
  get('/assets/:hash/:name', (context) => {
    // A page of another build asks for another hash: it gets our file, but must not cache it under that hash.
    const cacheControl = assets.hash === context.req.param('hash') ? 'public, max-age=31536000, immutable' : 'no-store'
    return answerWithAsset(context, context.req.param('name') ?? '', { 'cache-control': cacheControl })
  })
  // Files in other repositories name it, so its address never changes.
  get('/assets/andon.schema.json', (context) => answerWithAsset(context, 'andon.schema.json', FOR_EVERY_SITE))
  get('/badge/:owner/:file', site.badge)
  // At the root, so that it may speak for every page; browsers ask for it by the same address for ever.
  get('/service-worker.js', (context) => answerWithAsset(context, 'service-worker.js', { 'cache-control': 'no-cache' }))
  get('/favicon.ico', (context) => context.redirect(assets.path('icon.svg')))

  get('/events', async (context) => {
    if (isStreamProbe(context)) {
      answerStreamProbe(context.env.outgoing)
      return RESPONSE_ALREADY_SENT
    }
    const request = await parseStreamRequest(context)
    if (context.req.raw.method === 'HEAD')
      return context.body(null, 200, { 'content-type': 'text/event-stream; charset=utf-8' })
    await hub.join(request, context.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  get('/api/pipelines', async (context) => {
    const onlooker = onlookerOf(context)
    const query = queryOf(context)
    const scope = await resolveViewScope(onlooker, { repository: query.get('repository') ?? undefined }, query)
    return context.json(toBoardJson(await loadBoardPage(onlooker.reader, scope)))
  })
  get('/api/pipelines/:owner/:repo/:number', async (context) => {
    const onlooker = onlookerOf(context)
    const { owner, repo, number } = context.req.param() as Record<string, string>
    const { shown, history, asOf } = await loadIssuePage(
      onlooker.reader,
      await resolveViewScope(onlooker, { repository: `${owner}/${repo}`, issue: number }),
    )
    return context.json(pipelineDetailOf(shown, history, asOf))
  })

  for (const path of ['/setup', '/setup/done']) {
    app.all(path, () => {
      throw new HttpError(404, 'Andon has its GitHub App, and the address of the setup is spent: the board is at /.')
    })
  }
  // GitHub leads here from the installation. Whether anything has arrived is what /healthz says, too.
  get('/setup/installed', async (context) => {
    const { lastDeliveryAt } = await site.readings.board()
    if (lastDeliveryAt !== null) return context.redirect('/')
    return context.html(views.render('setup-installed', { heading: 'Waiting', refreshSeconds: 2, notices: [] }))
  })

  get('/api/openapi.json', (context) =>
    answerWithAsset(context, 'openapi.json', { ...FOR_EVERY_SITE, 'content-type': 'application/json' }),
  )

  app.post('/api/reports', site.report)
  app.all('/api/reports', () => {
    throw new HttpError(405, 'Reports are sent with POST: docs/reference/reports.md says how.', 'POST')
  })

  get('/', (context) => pages.board(context))
  get('/health', (context) => pages.health(context))
  get('/:owner', (context) => pages.owner(context))
  get('/:owner/:repo', (context) => pages.board(context))
  get('/:owner/:repo/issues/:number', (context) => pages.issue(context))

  app.notFound((context) => respondWithError(context, errorResponseOf(noSuchPage()), site))
  app.onError((error, context) => {
    const response = errorResponseOf(error)
    if (response.status === 500) log.error({ err: error, path: context.req.path }, 'a request failed')
    else if (response.status === 503)
      log.warn({ reason: error.message, path: context.req.path }, 'a request was turned away')
    return respondWithError(context, response, site)
  })
  return app
}

/** Of files that programs on other sites read. */
const FOR_EVERY_SITE = { 'cache-control': 'public, max-age=3600', 'access-control-allow-origin': '*' }

/** The pattern, never the path: paths name repositories. */
function routePatternOf(context: RequestContext): string {
  return matchedRoutes(context).find(({ path }) => path !== '/*')?.path ?? 'none'
}
