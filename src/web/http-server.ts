// What answers requests: deliveries go to the inbox before anything else looks at them, other requests to the site.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { PushCounts } from '../store/pushes.ts'
import { createApp } from './app.ts'
import { loadAssets } from './assets.ts'
import { createBadges } from './badge.ts'
import { closedToEveryone, type Gate, openToEveryone } from './gate.ts'
import { type Hub, openHub } from './hub.ts'
import { createMetrics } from './metrics.ts'
import type { HealthReader, OperatorParts } from './operators.ts'
import { degradedNow, openProbeReadings, type ProcessHealth } from './probes.ts'
import type { Reader } from './reader.ts'
import { STREAM_HEADERS } from './security-headers.ts'
import { shareNextReadings, shareReading } from './shared-reading.ts'
import type { HonoEnv, RequestContext, SiteConfig } from './site.ts'
import { loadViews, type Views } from './views.ts'

const PING_INTERVAL_MS = 25_000
/** A page that has heard nothing for somewhat more than twice as long says that it is stale: within twelve seconds. */
const BEAT_INTERVAL_MS = 5_000
/** A delivery may take almost this long to be committed. */
const SHUTDOWN_GRACE_MS = 9_000

export type WebServer = {
  /** Answers one request. */
  readonly handle: RequestListener
  readonly hub: Hub
  /** Ends the streams and lets open requests finish. */
  close(): Promise<void>
}

export type WebServerParts = {
  /** Answers one request to the webhook path, whatever its method. */
  readonly receiveDelivery: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Whose way in readiness is about. */
  readonly door?: Pick<Door, 'whyClosed'>
  readonly log: Logger
  readonly config: Omit<SiteConfig, 'pingEveryMs' | 'beatEveryMs'> &
    Partial<Pick<SiteConfig, 'pingEveryMs' | 'beatEveryMs'>> & {
      /** For how long probes and metrics share a reading; without it, only while it runs. */
      readonly probesEveryMs?: number
    }
  /** The health of the rest of the process. */
  readonly health?: () => Promise<ProcessHealth>
  /** Messages to browsers; null where nobody can ask for them. */
  readonly countPushes?: () => Promise<PushCounts | null>
  /** What operators are shown and may do; without it they have no page. */
  readonly operators?: OperatorParts
  readonly now?: () => Instant
  /** Answers one report of a workflow. */
  readonly report: (context: RequestContext) => Promise<Response>
}

/** How people get in, and the pages that they need for it. */
export type SignInPages = {
  readonly gate: (health: HealthReader | null) => Gate
  readonly addRoutes: (app: Hono<HonoEnv>, site: { views: Views; config: SiteConfig }) => void
}

/** Whether the request is for the path that GitHub posts to, whatever its method. */
export function isWebhookRequest({ url = '' }: IncomingMessage): boolean {
  return /^\/api\/github\/webhooks\/?(\?|$)/.test(url)
}

const CLOSED: SignInPages = { gate: () => closedToEveryone, addRoutes: () => undefined }

/** The web server over any reader. Without `signIn`, `login` is closed to everyone. */
export function createServerWithReader(
  o: WebServerParts & { readonly reader: Reader; readonly signIn?: SignInPages | null },
): WebServer {
  const { reader, receiveDelivery, report, log } = o
  const config = { pingEveryMs: PING_INTERVAL_MS, beatEveryMs: BEAT_INTERVAL_MS, ...o.config }
  const assets = loadAssets()
  const views = loadViews(assets.path)
  const { operators } = o
  const hub = openHub({
    ...{ reader, views, log, headers: STREAM_HEADERS },
    ...config,
    ...(o.now && { now: o.now }),
    latency: (ms) => operators?.measurements.latency('browser', ms),
  })
  const health = o.health ?? (async () => ({}))
  const readings = openProbeReadings({ reader, health, door: o.door, everyMs: config.probesEveryMs ?? 0 })
  // What an operator has just done must show: nothing that was read before is shown again.
  const fresh = openProbeReadings({ reader, health, everyMs: 0 })
  const shareReport = shareNextReadings()
  const operatorHealth: HealthReader | null =
    operators === undefined
      ? null
      : {
          read: () =>
            shareReport('', async () => ({ ...(await operators.readHealth()), degraded: await degradedNow(fresh) })),
          repairs: operators.repairs,
        }
  const metrics = createMetrics({
    ...{ readings, hub },
    health: operators === undefined ? null : shareReading(operators.readHealth, config.probesEveryMs ?? 0),
    measurements: operators?.measurements ?? null,
    pushes: shareReading(o.countPushes ?? (async () => null), config.probesEveryMs ?? 0),
  })
  const { gate: gateOf, addRoutes } =
    config.access === 'open'
      ? { gate: (health: HealthReader | null) => openToEveryone(reader, health), addRoutes: () => undefined }
      : (o.signIn ?? CLOSED)
  const gate = gateOf(operatorHealth)
  const addSignIn = (app: Hono<HonoEnv>) => addRoutes(app, { views, config })
  const badge = createBadges({ reader, access: config.access })
  const app = createApp({ gate, addSignIn, hub, views, assets, metrics, badge, config, readings, report, log })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const openResponses = new Set<ServerResponse>()
  let allAnswered = () => {}
  function handle(request: IncomingMessage, response: ServerResponse): void {
    openResponses.add(response)
    response.once('close', () => {
      openResponses.delete(response)
      if (openResponses.size === 0) allAnswered()
    })
    if (!isWebhookRequest(request)) return void listener(request, response)
    response.once('finish', () => metrics.countDelivery(response.statusCode))
    receiveDelivery(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a delivery could not be answered')
      response.destroy()
    })
  }
  return {
    handle,
    hub,
    async close() {
      await hub.close()
      if (openResponses.size === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      allAnswered = resolve
      const grace = setTimeout(() => {
        for (const response of openResponses) response.destroy()
      }, SHUTDOWN_GRACE_MS)
      await promise
      clearTimeout(grace)
    },
  }
}
