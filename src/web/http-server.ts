// One HTTP server: deliveries go to the inbox before anything else looks at them, other requests to the site.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { loadAssets } from './assets.ts'
import { closedToEveryone, type Gate, openToEveryone } from './gate.ts'
import { type Hub, openHub } from './hub.ts'
import { createMetrics } from './metrics.ts'
import type { ProcessHealth } from './probes.ts'
import type { Reader } from './reader.ts'
import { STREAM_HEADERS } from './security-headers.ts'
import type { HonoEnv, RequestContext, SiteConfig } from './site.ts'
import { loadViews, type Views } from './views.ts'

const WEBHOOK_PATH = /^\/api\/github\/webhooks\/?(\?|$)/
const PING_INTERVAL_MS = 25_000
/** A page that has heard nothing for somewhat more than twice as long says that it is stale: within twelve seconds. */
const BEAT_INTERVAL_MS = 5_000
/** A delivery may take almost this long to be committed. */
const SHUTDOWN_GRACE_MS = 9_000
const IDLE_SWEEP_INTERVAL_MS = 20

export type WebServer = {
  readonly server: Server
  readonly hub: Hub
  /** Ends the streams, lets open requests finish, then closes the server. */
  close(): Promise<void>
}

export type WebServerParts = {
  /** Answers one request to the webhook path, whatever its method. */
  readonly receiveDelivery: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly log: Logger
  readonly config: Omit<SiteConfig, 'pingEveryMs' | 'beatEveryMs'> &
    Partial<Pick<SiteConfig, 'pingEveryMs' | 'beatEveryMs'>>
  /** The health of the rest of the process. */
  readonly health?: () => Promise<ProcessHealth>
  /** Answers one report of a workflow. */
  readonly report: (context: RequestContext) => Promise<Response>
}

/** How people get in, and the pages that they need for it. */
export type SignInPages = {
  readonly gate: Gate
  readonly addRoutes: (app: Hono<HonoEnv>, site: { views: Views; config: SiteConfig }) => void
}

const CLOSED: SignInPages = { gate: closedToEveryone, addRoutes: () => undefined }

/** A server over any reader; it does not listen yet. Without `signIn`, `login` is closed to everyone. */
export function createServerWithReader(
  o: WebServerParts & { readonly reader: Reader; readonly signIn?: SignInPages | null },
): WebServer {
  const { reader, receiveDelivery, report, log } = o
  const config = { pingEveryMs: PING_INTERVAL_MS, beatEveryMs: BEAT_INTERVAL_MS, ...o.config }
  const assets = loadAssets()
  const views = loadViews(assets.path)
  const hub = openHub({ reader, views, log, headers: STREAM_HEADERS, ...config })
  const metrics = createMetrics({ reader, hub })
  const health = o.health ?? (async () => ({}))
  const { gate, addRoutes } =
    config.access === 'open' ? { gate: openToEveryone(reader), addRoutes: () => undefined } : (o.signIn ?? CLOSED)
  const addSignIn = (app: Hono<HonoEnv>) => addRoutes(app, { views, config })
  const app = createApp({ reader, gate, addSignIn, hub, views, assets, metrics, config, health, report, log })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const openResponses = new Set<ServerResponse>()
  const server = createHttpServer((request, response) => {
    openResponses.add(response)
    response.once('close', () => openResponses.delete(response))
    if (!WEBHOOK_PATH.test(request.url ?? '')) return void listener(request, response)
    receiveDelivery(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a delivery could not be answered')
      response.destroy()
    })
  })
  return {
    server,
    hub,
    async close() {
      // Stop accepting connections before ending streams: their clients reconnect at once.
      const closed = new Promise((resolve) => server.close(resolve))
      await hub.close()
      // Once every request is answered, only idle connections are left, which browsers keep open in reserve.
      const sweep = setInterval(() => openResponses.size === 0 && server.closeAllConnections(), IDLE_SWEEP_INTERVAL_MS)
      const grace = setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS)
      await closed
      clearInterval(sweep)
      clearTimeout(grace)
    },
  }
}
