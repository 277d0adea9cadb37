// The webhook endpoint: checks method, headers, size and pace before the receiver runs. No request takes more than 25 MiB
// of memory, signed or not, and all requests together no more than a fixed bound. A body that does not arrive within the
// server's deadline for requests is ended by the server.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { type BudgetedBody, type BudgetSizes, openBodyBudget } from './body-budget.ts'
import type { ReceiveDelivery, WebhookResponse } from './receive.ts'

/** The path that GitHub posts to. */
export const WEBHOOK_PATH = '/api/github/webhooks'

/** GitHub sends no payload above this (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). */
export const MAX_BODY_BYTES = 25 * 1024 * 1024

/** Most payloads are 10 to 30 kB: this is room for thousands at once, and for two of the largest. */
const BUDGET: BudgetSizes = {
  largeFrom: 1024 * 1024,
  mostSmallBytes: 64 * 1024 * 1024,
  mostLargeBytes: 64 * 1024 * 1024,
}
const RETRY_AFTER_SECONDS = 30

/** GitHub sends a body in one go, and gives up after 10 s. */
const PACE = { afterMs: 5_000, leastBytesPerSecond: 16 * 1024 }

export type WebhookGuard = {
  /** Answers one request to the webhook path, whatever its method. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** What is wrong now, in one sentence; null while every delivery is let in. */
  problem(): string | null
}

/** `refuse` rejects by the headers alone: no byte of such a body is kept. */
export function createWebhookGuard(o: {
  receive: ReceiveDelivery
  refuse: (headers: IncomingHttpHeaders) => WebhookResponse | null
  largestBytes?: number
  budget?: BudgetSizes
  pace?: typeof PACE
}): WebhookGuard {
  const { receive, refuse, largestBytes = MAX_BODY_BYTES, pace = PACE } = o
  const budget = openBodyBudget(o.budget ?? BUDGET)
  const turnedAway = countLastMinute()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      request.resume()
      return sendResponse(response, { ...guardError(405, 'send deliveries with POST'), headers: { allow: 'POST' } })
    }
    const refusal = refuse(request.headers)
    if (refusal !== null) return rejectEarly(request, response, refusal, largestBytes)
    const announced = Number(request.headers['content-length'] ?? 0)
    const tooLarge = guardError(413, `the body is larger than ${largestBytes} bytes`)
    if (announced > largestBytes) return rejectEarly(request, response, tooLarge, largestBytes)
    const { promise: turned, resolve: turnAway } = Promise.withResolvers<WebhookResponse>()
    const body = budget.admit(announced, () => turnAway(NO_ROOM))
    const timer = setTimeout(() => {
      if (received() < (pace.leastBytesPerSecond * pace.afterMs) / 1000) turnAway(TOO_SLOW)
    }, pace.afterMs)
    const { read, received, stop } = readBody(request, body, largestBytes)
    try {
      const result = await Promise.race([read, turned])
      if (result === NO_ROOM || result === TOO_SLOW) turnedAway.count()
      if (result instanceof Uint8Array)
        return sendResponse(response, await receive({ headers: request.headers, body: result }))
      stop()
      if (result !== null) rejectEarly(request, response, result === 'too large' ? tooLarge : result, largestBytes)
    } finally {
      clearTimeout(timer)
      body.release()
    }
  }

  return {
    answer,
    problem() {
      const count = turnedAway.read()
      if (count === 0) return null
      const whose = count === 1 ? '1 request was' : `${count} requests were`
      return `${whose} turned away from the webhook endpoint in the last minute, because too much came at once or too slowly`
    },
  }
}

type Reading = {
  /** The raw bytes; null when the sender disconnects halfway. */
  readonly read: Promise<Uint8Array | 'too large' | null>
  readonly received: () => number
  /** Keeps nothing from here on. */
  readonly stop: () => void
}

function readBody(request: IncomingMessage, body: BudgetedBody, largestBytes: number): Reading {
  const { promise: read, resolve } = Promise.withResolvers<Uint8Array | 'too large' | null>()
  const chunks: Buffer[] = []
  let received = 0
  function onData(chunk: Buffer): void {
    received += chunk.length
    if (received > largestBytes) return void resolve('too large')
    chunks.push(chunk)
    body.grow(chunk.length)
  }
  request.on('data', onData)
  request.on('end', () => {
    body.finish()
    resolve(Buffer.concat(chunks))
  })
  request.on('error', () => resolve(null))
  request.on('close', () => resolve(null))
  return {
    read,
    received: () => received,
    stop() {
      chunks.length = 0
      request.off('data', onData)
    },
  }
}

/** Counts what happened within the last minute, up to a bound. */
function countLastMinute(): { count(): void; read(): number } {
  const times: number[] = []
  return {
    count() {
      times.push(performance.now())
      if (times.length > 1_000) times.shift()
    },
    read() {
      while (times[0] !== undefined && times[0] < performance.now() - 60_000) times.shift()
      return times.length
    },
  }
}

/**
 * Answers before the body has arrived. Closing at once would reset the connection before the sender has read the answer,
 * so the rest of the body is discarded first; a sender that sends more than any body has is disconnected.
 */
function rejectEarly(
  request: IncomingMessage,
  response: ServerResponse,
  answer: WebhookResponse,
  mostBytes: number,
): void {
  response.write(writeResponseHead(response, { ...answer, headers: { ...answer.headers, connection: 'close' } }))
  let discarded = 0
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length
    if (discarded > mostBytes) request.destroy()
  })
  request.resume()
  if (request.readableEnded || request.destroyed) response.end()
  else request.once('close', () => response.end())
}

function guardError(status: number, error: string): WebhookResponse {
  return { status, body: { accepted: false, error } }
}

const NO_ROOM: WebhookResponse = {
  ...guardError(503, 'too many bytes are being received at once; send it again later'),
  headers: { 'retry-after': `${RETRY_AFTER_SECONDS}` },
}
const TOO_SLOW: WebhookResponse = guardError(408, 'the body arrives too slowly')

function sendResponse(response: ServerResponse, answer: WebhookResponse): void {
  response.end(writeResponseHead(response, answer))
}

/** Writes the head of the answer and returns its body. */
function writeResponseHead(response: ServerResponse, { status, body, headers }: WebhookResponse): string {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  return text
}
