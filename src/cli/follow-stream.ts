// Reads an event stream for as long as its reader wants, by the rules of the page (public/stream-connection.js): 11 s without
// a byte are silence, and after an end it connects again, after half a second at first and five at most.
import { setTimeout as sleep } from 'node:timers/promises'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { reconnectDelayMs } from '../inbox/webhook-proxy.ts'
import { attempt } from './reading.ts'

const RECONNECT = { firstMs: 500, mostMs: 5_000 }
const CONNECT_TIMEOUT_MS = 10_000
const SILENT_MS = 11_000
const MAX_MESSAGE_LENGTH = 16 * 1024 * 1024

/** What the reader of a stream is told. */
export type StreamListener = {
  readonly onMessage: (message: EventSourceMessage) => void
  /** It is cut off, silent or refused for now, and is tried again then. */
  readonly onLost: (why: string, retryInMs: number) => void
}

/** Why a stream cannot be read. `status` is that of Andon's own refusal, which another try does not change; else null. */
export class StreamRefused extends Error {
  readonly status: number | null

  constructor(message: string, status: number | null = null) {
    super(message)
    this.status = status
  }
}

/**
 * Resolves when `signal` ends it. Rejects with StreamRefused if the first connection fails, or a later one is refused by Andon
 * itself: what a proxy says while the server restarts is no refusal.
 */
export async function followStream(o: {
  readonly url: URL
  readonly token: string | null
  readonly signal: AbortSignal
  readonly listener: StreamListener
}): Promise<void> {
  const { signal, listener } = o
  let failures = 0
  let hasBeenOpen = false
  const onMessage = (message: EventSourceMessage) => {
    hasBeenOpen = true
    failures = 0
    listener.onMessage(message)
  }
  while (!signal.aborted) {
    const ended = await readOnce({ ...o, onMessage }).catch((error: unknown) => {
      if (!(error instanceof StreamRefused)) throw error
      return error
    })
    if (signal.aborted) return
    if (ended instanceof StreamRefused && (!hasBeenOpen || ended.status !== null)) throw ended
    const retryInMs = reconnectDelayMs(failures++, Math.random(), RECONNECT)
    listener.onLost(ended instanceof StreamRefused ? ended.message : ended, retryInMs)
    await sleep(retryInMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Resolves with why the connection has ended; rejects with StreamRefused if it did not come about. */
async function readOnce(o: {
  readonly url: URL
  readonly token: string | null
  readonly signal: AbortSignal
  readonly onMessage: (message: EventSourceMessage) => void
}): Promise<string> {
  const ending = new AbortController()
  let watch: NodeJS.Timeout | undefined
  try {
    const response = await connect(o.url, o.token, AbortSignal.any([o.signal, ending.signal]))
    let lastByteAt = Date.now()
    let isSilent = false
    // A stopped server keeps its sockets open, and after a sleep the clock has gone on: both are found here.
    watch = setInterval(() => {
      isSilent = Date.now() - lastByteAt > SILENT_MS
      if (isSilent) ending.abort()
    }, 500)
    const parser = createParser({ onEvent: o.onMessage, maxBufferSize: MAX_MESSAGE_LENGTH })
    const decoder = new TextDecoder()
    const reader = response.body?.getReader()
    for (;;) {
      const read = await reader?.read().catch(() => null)
      if (read == null) return isSilent ? 'the server is silent' : 'the connection was cut'
      if (read.done) return 'the server ended the connection'
      lastByteAt = Date.now()
      parser.feed(decoder.decode(read.value, { stream: true }))
    }
  } finally {
    clearInterval(watch)
    ending.abort()
  }
}

async function connect(url: URL, token: string | null, signal: AbortSignal): Promise<Response> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  const asked = await attempt(fetch(url, { headers, redirect: 'manual', signal }), CONNECT_TIMEOUT_MS)
  if ('failure' in asked) throw new StreamRefused(`nobody answers at ${url.origin}: ${asked.failure.words}`)
  const response = asked.value
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  if (response.status === 200 && isStream) return response
  throw await refusalOf(response, url, token)
}

async function refusalOf(response: Response, url: URL, token: string | null): Promise<StreamRefused> {
  const { status } = response
  const location = response.headers.get('location')
  const body: unknown = await response.json().catch(() => null)
  const reported = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : null
  if (status >= 300 && status < 400 && location !== null)
    return new StreamRefused(`${url.origin} leads elsewhere: use the address ${new URL(location, url).origin}`)
  if (reported === null) return new StreamRefused(`${url.origin} answers ${status}, and not as Andon does`)
  const isFinal = status === 400 || status === 401 || status === 403 || status === 404
  const why = status === 401 ? whyUnknown(url, token) : reported.replace(/\.$/, '')
  return new StreamRefused(why, isFinal ? status : null)
}

function whyUnknown(url: URL, token: string | null): string {
  const make = `make one at ${url.origin}/account and set ANDON_TOKEN to it`
  if (token !== null) return `${url.origin} does not know the token in ANDON_TOKEN: ${make}`
  return `${url.origin} shows the board only to those who are signed in, and to their tokens: ${make}`
}
