// For Prometheus. Metrics name no repository, because a scraper may not be allowed to see it. A value that cannot be
// read is absent, because zero would be a lie. Names are stable: docs/reference/metrics.md lists them.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { HealthReport } from '../health/report.ts'
import type { PushCounts } from '../store/pushes.ts'
import { createHealthMetrics } from './health-metrics.ts'
import type { Hub } from './hub.ts'
import type { OperatorParts } from './operators.ts'
import type { ProbeReadings } from './probes.ts'
import { createPushMetrics } from './push-metrics.ts'
import type { BoardPage } from './reader.ts'

export type Metrics = {
  /** Records one answered request. */
  observeRequest(o: { route: string; method: string; status: number; seconds: number }): void
  /** Counts one answered request to the webhook path. */
  countDelivery(status: number): void
  scrape(): Promise<{ type: string; text: string }>
  /** What there is to scrape of Andon itself. */
  list(): readonly MetricDescription[]
}

export type MetricDescription = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

export function createMetrics(o: {
  readings: ProbeReadings
  hub: Pick<Hub, 'streamCount'>
  /** What operators are shown; shared by all who scrape. */
  health: (() => Promise<HealthReport>) | null
  measurements: OperatorParts['measurements'] | null
  pushes: () => Promise<PushCounts | null>
}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const lights = new Gauge({
    name: 'andon_pipelines',
    help: 'Pipelines by light, each counted once.',
    labelNames: ['light'],
    registers,
  })
  const held = gauge('andon_held', 'Pipelines that are held.')
  const needsYou = gauge('andon_needs_you', 'Pipelines, and files with mistakes, that need a person.')
  const unhealthy = new Gauge({
    name: 'andon_unhealthy',
    help: 'Pipelines whose run is stalled, stale (past its limit) or unknown: without any report, or not confirmed for a quarter of an hour.',
    labelNames: ['health'],
    registers,
  })
  const failed = gauge('andon_deliveries_failed', 'Deliveries that were accepted but could not be applied.')
  const lastAt = gauge('andon_last_delivery_timestamp_seconds', 'When the last delivery was received.')
  const reachable = gauge('andon_database_reachable', 'Whether the database could be read for this scrape.')
  const streams = gauge('andon_streams', 'Open event streams.')
  const requests = new Histogram({
    name: 'andon_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 8],
    registers,
  })

  const answers = new Counter({
    name: 'andon_webhook_answers_total',
    help: 'Requests to the webhook path, by the status of the answer.',
    labelNames: ['status'],
    registers,
  })
  const latency = new Histogram({
    name: 'andon_delivery_seconds',
    help: 'From the arrival of a delivery to its commit, and until what it changed was written to the browsers of this process.',
    labelNames: ['step'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  })
  o.measurements?.onLatency((step, ms) => latency.observe({ step }, ms / 1000))
  const setHealth = createHealthMetrics(registry)
  const setPushes = createPushMetrics(registry)

  function updateGauges(board: BoardPage | null): void {
    lights.reset()
    unhealthy.reset()
    for (const metric of [held, needsYou, failed, lastAt]) metric.remove()
    reachable.set(board === null ? 0 : 1)
    streams.set(o.hub.streamCount())
    if (board === null) return
    const { counts } = board
    for (const light of ['running', 'review', 'queued', 'failed'] as const) lights.set({ light }, counts[light])
    for (const health of ['stalled', 'stale', 'unknown'] as const) unhealthy.set({ health }, counts[health])
    held.set(counts.held)
    needsYou.set(counts.needsYou)
    failed.set(board.failedDeliveries)
    if (board.lastDeliveryAt !== null) lastAt.set(Date.parse(board.lastDeliveryAt) / 1000)
  }

  return {
    observeRequest: ({ seconds, status, ...labels }) =>
      requests.observe({ ...labels, status: String(status) }, seconds),
    list: () =>
      registry
        .getMetricsAsArray()
        .map((metric) => metric as unknown as MetricDescription & { readonly labelNames: readonly string[] })
        .filter(({ name }) => name.startsWith('andon_'))
        .map(({ name, help, type, labelNames }) => ({ name, help, type, labels: labelNames })),
    countDelivery: (status) => answers.inc({ status: String(status) }),
    async scrape() {
      updateGauges(await o.readings.board().catch(() => null))
      setHealth((await o.health?.().catch(() => null)) ?? null)
      setPushes(await o.pushes().catch(() => null))
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
