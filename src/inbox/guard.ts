// The endpoint itself: method, size, then the receiver. Nothing past 25 MiB is ever held in memory, signed or not.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, Receive } from './receive.ts'

/** The path GitHub is told to post to. */
export const WEBHOOK_PATH = '/api/github/webhooks'

/** GitHub sends no payload above this (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). */
export const LARGEST_BODY_BYTES = 25 * 1024 * 1024

/** Answers one request to the webhook path, whatever its method. */
export async function serveDelivery(
  receive: Receive,
  request: IncomingMessage,
  response: ServerResponse,
  limitBytes = LARGEST_BODY_BYTES,
): Promise<void> {
  if (request.method !== 'POST') {
    request.resume()
    return write(response, { ...refusal(405, 'deliveries are posted'), headers: { allow: 'POST' } })
  }
  const body = await readBody(request, limitBytes).catch(() => 'aborted' as const)
  if (body === 'aborted') return
  if (body !== 'too large') return write(response, await receive({ headers: request.headers, body }))
  const answer = refusal(413, `the body is larger than ${limitBytes} bytes`)
  response.write(writeHead(response, { ...answer, headers: { connection: 'close' } }))
  // Closing at once would reset the connection under a sender that has not read the answer yet: what still arrives is
  // thrown away first.
  if (request.readableEnded || request.destroyed) response.end()
  else request.once('close', () => response.end())
}

/** The raw bytes, or word that they are too many; rejects when the sender goes away halfway. */
function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array | 'too large'> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let tooLarge = Number(request.headers['content-length'] ?? 0) > limitBytes
    if (tooLarge) resolve('too large')
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      tooLarge ||= size > limitBytes
      if (!tooLarge) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      resolve('too large')
      // A sender that reads our answer stops by now; one that does not is cut off.
      if (size > 2 * limitBytes) request.destroy()
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => {
      // It comes after every request, and an error costs a stack.
      if (!request.readableEnded) reject(new Error('the sender went away before the body ended'))
    })
  })
}

function refusal(status: number, error: string): Answer {
  return { status, body: { accepted: false, error } }
}

function write(response: ServerResponse, answer: Answer): void {
  response.end(writeHead(response, answer))
}

/** Begins the answer; its body is yet to be written. */
function writeHead(response: ServerResponse, { status, body, headers }: Answer): string {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  return text
}
