// The webhook endpoint: checks method, headers and size before the receiver runs. No request takes more than 25 MiB of
// memory, signed or not, and all requests together no more than a fixed bound.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ReceiveDelivery, WebhookResponse } from './receive.ts'

/** The path that GitHub posts to. */
export const WEBHOOK_PATH = '/api/github/webhooks'

/** GitHub sends no payload above this (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). */
export const MAX_BODY_BYTES = 25 * 1024 * 1024

/** Most payloads are 10 to 30 kB: this is room for thousands at once, or a few of the largest. */
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024
const RETRY_AFTER_SECONDS = 30

/** Answers one request to the webhook path, whatever its method. */
export type WebhookGuard = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** `refuse` rejects by the headers alone: no byte of such a body is kept. */
export function createWebhookGuard(o: {
  receive: ReceiveDelivery
  refuse: (headers: IncomingHttpHeaders) => WebhookResponse | null
  largestBytes?: number
  mostBytes?: number
}): WebhookGuard {
  const { receive, refuse, largestBytes = MAX_BODY_BYTES, mostBytes = MAX_BYTES_IN_FLIGHT } = o
  let bytesInFlight = 0

  return async (request, response) => {
    if (request.method !== 'POST') {
      request.resume()
      return sendResponse(response, { ...guardError(405, 'send deliveries with POST'), headers: { allow: 'POST' } })
    }
    const refusal = refuse(request.headers)
    if (refusal !== null) return rejectEarly(request, response, refusal, largestBytes)
    let ownBytes = 0
    function whyNot(bytes: number): WebhookResponse | null {
      ownBytes += bytes
      bytesInFlight += bytes
      if (ownBytes > largestBytes) return guardError(413, `the body is larger than ${largestBytes} bytes`)
      if (bytesInFlight <= mostBytes) return null
      return {
        ...guardError(503, 'too many bytes are being received at once; send it again later'),
        headers: { 'retry-after': `${RETRY_AFTER_SECONDS}` },
      }
    }
    try {
      const announced = Number(request.headers['content-length'] ?? 0)
      const read = announced > largestBytes ? whyNot(announced) : await readBody(request, whyNot)
      if (read instanceof Uint8Array) sendResponse(response, await receive({ headers: request.headers, body: read }))
      else if (read !== null) rejectEarly(request, response, read, largestBytes)
    } finally {
      bytesInFlight -= ownBytes
    }
  }
}

/** The raw bytes, or why the rest is refused; null when the sender disconnects halfway. */
function readBody(
  request: IncomingMessage,
  whyNot: (bytes: number) => WebhookResponse | null,
): Promise<Uint8Array | WebhookResponse | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    function onData(chunk: Buffer): void {
      const refusal = whyNot(chunk.length)
      if (refusal === null) return void chunks.push(chunk)
      chunks.length = 0
      request.off('data', onData)
      resolve(refusal)
    }
    request.on('data', onData)
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
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
