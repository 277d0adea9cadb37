// The endpoint itself: method, headers, size, then the receiver. Nothing past 25 MiB is ever held in memory, signed or not,
// and of all requests together no more than a process can bear.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ReceiveDelivery, WebhookResponse } from './receive.ts'

/** The path GitHub is told to post to. */
export const WEBHOOK_PATH = '/api/github/webhooks'

/** GitHub sends no payload above this (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). */
export const MAX_BODY_BYTES = 25 * 1024 * 1024

/** Most payloads are 10 to 30 kB: this is room for thousands at once, or a few of the largest. */
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024
const RETRY_AFTER_SECONDS = 30

/** Answers one request to the webhook path, whatever its method. */
export type WebhookGuard = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** `refuse` says what the headers alone rule out: of that not a byte is kept. */
export function createWebhookGuard(o: {
  receive: ReceiveDelivery
  refuse: (headers: IncomingHttpHeaders) => WebhookResponse | null
  largestBytes?: number
  mostBytes?: number
}): WebhookGuard {
  const { receive, refuse, largestBytes = MAX_BODY_BYTES, mostBytes = MAX_BYTES_IN_FLIGHT } = o
  let inHand = 0

  return async (request, response) => {
    if (request.method !== 'POST') {
      request.resume()
      return sendResponse(response, { ...guardError(405, 'deliveries are posted'), headers: { allow: 'POST' } })
    }
    const unread = refuse(request.headers)
    if (unread !== null) return rejectEarly(request, response, unread, largestBytes)
    let own = 0
    function whyNot(bytes: number): WebhookResponse | null {
      own += bytes
      inHand += bytes
      if (own > largestBytes) return guardError(413, `the body is larger than ${largestBytes} bytes`)
      if (inHand <= mostBytes) return null
      return {
        ...guardError(503, 'too much is being received at once; send it again later'),
        headers: { 'retry-after': `${RETRY_AFTER_SECONDS}` },
      }
    }
    try {
      const announced = Number(request.headers['content-length'] ?? 0)
      const read = announced > largestBytes ? whyNot(announced) : await readBody(request, whyNot)
      if (read instanceof Uint8Array) sendResponse(response, await receive({ headers: request.headers, body: read }))
      else if (read !== null) rejectEarly(request, response, read, largestBytes)
    } finally {
      inHand -= own
    }
  }
}

/** The raw bytes, or why no more of them are taken; null when the sender goes away halfway. */
function readBody(
  request: IncomingMessage,
  whyNot: (bytes: number) => WebhookResponse | null,
): Promise<Uint8Array | WebhookResponse | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    function take(chunk: Buffer): void {
      const refused = whyNot(chunk.length)
      if (refused === null) return void chunks.push(chunk)
      chunks.length = 0
      request.off('data', take)
      resolve(refused)
    }
    request.on('data', take)
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}

/**
 * Answers before everything has arrived. Closing at once would reset the connection under a sender that has not read the
 * answer yet: what still comes is thrown away first, and one that goes on for longer than any body is cut off.
 */
function rejectEarly(
  request: IncomingMessage,
  response: ServerResponse,
  answer: WebhookResponse,
  mostBytes: number,
): void {
  response.write(writeResponseHead(response, { ...answer, headers: { ...answer.headers, connection: 'close' } }))
  let thrownAway = 0
  request.on('data', (chunk: Buffer) => {
    thrownAway += chunk.length
    if (thrownAway > mostBytes) request.destroy()
  })
  request.resume()
  if (request.readableEnded || request.destroyed) response.end()
  else request.once('close', () => response.end())
}

function guardError(status: number, error: string): WebhookResponse {
  return { status, body: { accepted: false, error } }
}

function sendResponse(response: ServerResponse, answer: WebhookResponse): void {
  response.end(writeResponseHead(response, answer))
}

/** Begins the answer; its body is yet to be written. */
function writeResponseHead(response: ServerResponse, { status, body, headers }: WebhookResponse): string {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  return text
}
