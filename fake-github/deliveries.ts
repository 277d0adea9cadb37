// Deliveries are sent as GitHub sends them: signed, with a GUID that a redelivery keeps, in order unless disturbed. The
// log is what the App reads at /app/hook/deliveries.
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request as send } from 'node:http'
import type { Clock } from './clock.ts'
import { APP } from './organization.ts'
import type { SeededRandom } from './random.ts'

export type Delivery = {
  readonly id: number
  readonly guid: string
  readonly event: string
  readonly action: string | null
  readonly deliveredAt: string
  readonly redelivery: boolean
  /** The receiver's status; 0 without an answer. */
  statusCode: number
  status: string
  duration: number
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly body: string
}

/** Shares in [0, 1] of each disturbance; `shuffle` is how many deliveries may overtake one another. */
export type DeliveryFaults = {
  /** Attempted, failed, and in the log. */
  readonly fail?: number
  /** Never attempted: not even in the log. */
  readonly drop?: number
  readonly duplicate?: number
  readonly delay?: { readonly probability: number; readonly ms: number }
  readonly reorderWithin?: number
}

export type Deliveries = {
  readonly log: readonly Delivery[]
  /** What deliveries are signed with, from now on. */
  readonly secret: string
  setSecret(secret: string): void
  /** The receiver; null while nothing is sent. */
  target(): string | null
  /** Sets the receiver; null stops sending. */
  setTarget(url: string | null): void
  enqueue(event: string, payload: object): void
  /** Sends the same delivery again. */
  redeliver(id: number): Promise<void>
  injectFaults(disturbance: DeliveryFaults): void
  clearFaults(): void
  /** Delays what is posted from now on; resolves when what was being sent has been answered. */
  pause(): Promise<void>
  resume(): void
  /** Resolves when everything posted has been answered. */
  whenIdle(): Promise<void>
  close(): void
}

export function openDeliveries(o: {
  secret: string
  clock: Clock
  random: SeededRandom
  url: string | null
  maxConcurrent: number
}): Deliveries {
  // A connection for each: one that is kept may be closed by the receiver just while it is used again, and a delivery is not sent twice.
  const agent = new Agent()
  const log: Delivery[] = []
  const queue: Delivery[] = []
  const later = new Set<NodeJS.Timeout>()
  const waiting: (() => void)[] = []
  const landing: (() => void)[] = []
  let url = o.url
  let { secret } = o
  let disturbance: DeliveryFaults = {}
  let underway = 0
  let lastId = FIRST_ID
  let closed = false
  let held = false

  function post(event: string, payload: object): void {
    if (o.random.chance(disturbance.drop ?? 0)) return
    const delivery = create(event, payload)
    queueUp(delivery)
    if (o.random.chance(disturbance.duplicate ?? 0)) queueUp({ ...delivery, id: ++lastId })
  }

  function create(event: string, payload: object): Delivery {
    const known = payload as { action?: string; installation?: { id: number }; repository?: { id: number } }
    return {
      id: ++lastId,
      guid: randomUUID(),
      event,
      action: known.action ?? null,
      deliveredAt: o.clock.nowIso(),
      redelivery: false,
      statusCode: 0,
      status: 'pending',
      duration: 0,
      installationId: known.installation?.id ?? null,
      repositoryId: known.repository?.id ?? null,
      body: JSON.stringify(payload),
    }
  }

  function queueUp(delivery: Delivery): void {
    const late = disturbance.delay
    if (!late || !o.random.chance(late.probability)) {
      queue.push(delivery)
      pump()
      return
    }
    const timer = setTimeout(() => {
      later.delete(timer)
      queue.push(delivery)
      pump()
    }, late.ms)
    later.add(timer)
  }

  function pump(): void {
    while (!held && underway < o.maxConcurrent && queue.length > 0) {
      const which = disturbance.reorderWithin ? o.random.integer(Math.min(disturbance.reorderWithin, queue.length)) : 0
      const [delivery] = queue.splice(which, 1)
      underway++
      attempt(delivery!).finally(() => {
        underway--
        pump()
        if (underway === 0) for (const resolve of landing.splice(0)) resolve()
        if (idle()) for (const resolve of waiting.splice(0)) resolve()
      })
    }
  }

  async function attempt(delivery: Delivery): Promise<void> {
    log.push(delivery)
    if (log.length > MAX_LOG_ENTRIES) log.splice(0, log.length - MAX_LOG_ENTRIES)
    const lost = !delivery.redelivery && o.random.chance(disturbance.fail ?? 0)
    const began = performance.now()
    delivery.statusCode = lost || url === null || closed ? 0 : await reach(url, delivery)
    delivery.duration = (performance.now() - began) / 1000
    delivery.status = statusTextOf(delivery)
  }

  function reach(target: string, delivery: Delivery): Promise<number> {
    return new Promise((resolve) => {
      const outgoing = send(
        target,
        { method: 'POST', agent, headers: headersOf(delivery, secret), timeout: TIMEOUT_MS },
        (incoming) => {
          incoming.resume()
          incoming.on('end', () => resolve(incoming.statusCode ?? 0))
          incoming.on('error', () => resolve(0))
        },
      )
      outgoing.on('timeout', () => outgoing.destroy())
      outgoing.on('error', () => resolve(0))
      outgoing.end(delivery.body)
    })
  }

  const idle = () => queue.length === 0 && underway === 0 && later.size === 0

  return {
    log,
    get secret() {
      return secret
    },
    setSecret(next) {
      secret = next
    },
    target: () => url,
    setTarget(next) {
      url = next
    },
    enqueue: post,
    redeliver(id) {
      const old = log.find((delivery) => delivery.id === id)
      if (!old) throw new Error(`there is no delivery ${id} in the log`)
      return attempt({ ...old, id: ++lastId, redelivery: true, deliveredAt: o.clock.nowIso() })
    },
    injectFaults(next) {
      disturbance = next
    },
    clearFaults() {
      disturbance = {}
    },
    pause() {
      held = true
      return underway === 0 ? Promise.resolve() : new Promise((resolve) => landing.push(resolve))
    },
    resume() {
      held = false
      pump()
    },
    whenIdle: () => (idle() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    close() {
      closed = true
      for (const timer of later) clearTimeout(timer)
      queue.length = 0
      agent.destroy()
    },
  }
}

/** The headers that a delivery is sent with. */
export function headersOf(delivery: Delivery, secret: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(delivery.body)),
    'user-agent': 'GitHub-Hookshot/0demo',
    accept: '*/*',
    'x-github-event': delivery.event,
    'x-github-delivery': delivery.guid,
    'x-github-hook-id': String(APP.hookId),
    'x-github-hook-installation-target-id': String(APP.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(delivery.body).digest('hex')}`,
  }
}

// GitHub gives a receiver ten seconds.
const TIMEOUT_MS = 10_000
const MAX_LOG_ENTRIES = 20_000
const FIRST_ID = 12_000_000_000

/** A redirect counts as delivered, though nobody follows it. */
function statusTextOf({ statusCode, duration }: Delivery): string {
  if (statusCode >= 200 && statusCode < 400) return 'OK'
  if (statusCode > 0) return `Invalid HTTP Response: ${statusCode}`
  return duration * 1000 >= TIMEOUT_MS ? 'timed out' : 'failed to connect to host'
}
