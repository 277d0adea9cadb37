// Deliveries for a machine that GitHub cannot reach, in development: a proxy receives them and passes them on over an
// event stream, by the protocol of smee.io. The proxy has parsed the body, so its bytes are written anew, as JSON.stringify
// writes them; where GitHub wrote something else, the signature does not match, and the delivery is refused.
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventSourceMessage, ParseError } from 'eventsource-parser'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Logger } from 'pino'
import { MAX_BODY_BYTES } from './guard.ts'
import type { ReceiveDelivery } from './receive.ts'

export type WebhookProxy = {
  /** What is wrong, in a sentence without the channel, which is a secret; null while connected. */
  problem(): string | null
  /** Ends the connection; resolves when the delivery in hand has been answered. */
  close(): Promise<void>
}

/** Reads the channel at `url` until closed. Deliveries come one after the other, so that one at most is in memory. */
export function openWebhookProxy(o: {
  url: string
  receive: ReceiveDelivery
  fetch: typeof fetch
  log: Logger
  /** How long a connection may say nothing. */
  silentMs?: number
}): WebhookProxy {
  const { url, receive, silentMs = SILENT_MS } = o
  const ending = new AbortController()
  const log = o.log.child({ proxy: new URL(url).host })
  let connected = false
  let failures = 0

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      const reason = await readChannel().catch(reasonOf)
      if (ending.signal.aborted) return
      const retryInMs = reconnectDelayMs(failures++, Math.random())
      log.warn({ reason, retryInMs }, connected ? 'the webhook proxy is disconnected' : 'the webhook proxy is away')
      connected = false
      await sleep(retryInMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  /** Resolves or rejects with why the connection has ended. */
  async function readChannel(): Promise<string> {
    const silent = new AbortController()
    const alarm = setTimeout(() => silent.abort(), silentMs)
    try {
      const signal = AbortSignal.any([ending.signal, silent.signal])
      const response = await o.fetch(url, { headers: { accept: 'text/event-stream', 'user-agent': 'andon' }, signal })
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
      if (!response.ok || !isStream || response.body === null) {
        await response.body?.cancel()
        return response.ok ? 'it is no webhook proxy' : `it answered ${response.status}`
      }
      connected = true
      log.info('the webhook proxy is connected')
      const events = new EventSourceParserStream({ maxBufferSize: MAX_EVENT_LENGTH })
      for await (const event of response.body.pipeThrough(new TextDecoderStream()).pipeThrough(events)) {
        alarm.refresh()
        // A proxy that ends each connection at once is not asked again at once.
        if (event.event !== 'ready') failures = 0
        await passOn(event)
        if (ending.signal.aborted) break
      }
      return 'it ended the connection'
    } catch (error) {
      return silent.signal.aborted ? 'it said nothing for too long' : reasonOf(error)
    } finally {
      clearTimeout(alarm)
    }
  }

  async function passOn({ event, data }: EventSourceMessage): Promise<void> {
    if (event !== undefined && event !== 'message') return
    const request = readForwarded(data)
    if (request === null) return log.warn('the webhook proxy sent something that is no delivery')
    const { status } = await receive(request)
    // GitHub has had the proxy's 200: its log does not show that this one was refused.
    if (status !== 202) log.warn({ status, delivery: request.headers['x-github-delivery'] }, 'a delivery was refused')
  }

  const ended = run()
  return {
    problem: () => (connected ? null : 'the webhook proxy is not connected: no delivery arrives'),
    close() {
      ending.abort()
      return ended
    },
  }
}

/** What GitHub sent, as the proxy tells it: headers beside `body`, `query` and `timestamp`; null for anything else. */
export function readForwarded(text: string): { headers: IncomingHttpHeaders; body: Uint8Array } | null {
  const message = parseObject(text)
  if (message === null) return null
  const { body, query: _query, timestamp: _timestamp, ...rest } = message
  if (typeof body !== 'object' || body === null) return null
  const headers = Object.entries(rest).filter((header): header is [string, string] => typeof header[1] === 'string')
  return { headers: Object.fromEntries(headers), body: Buffer.from(JSON.stringify(body)) }
}

/** Twice as long after each failure, up to a bound; a random half of it, so that not all come back at once. */
export function reconnectDelayMs(failures: number, random: number, { firstMs, mostMs } = DELAYS): number {
  const longest = Math.min(firstMs * 2 ** Math.min(failures, 16), mostMs)
  return Math.round(longest * (0.5 + random / 2))
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Never the message of a parser: it quotes what it could not read. */
function reasonOf(error: unknown): string {
  if (error instanceof ParseError) return 'it sent more than any delivery has'
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return cause?.code ?? (error instanceof Error ? error.name : 'unknown')
}

/** The proxy pings every 30 s. */
const SILENT_MS = 90_000
const DELAYS = { firstMs: 1_000, mostMs: 60_000 }
/** The largest body, and room for its headers. */
const MAX_EVENT_LENGTH = MAX_BODY_BYTES + 64 * 1024
