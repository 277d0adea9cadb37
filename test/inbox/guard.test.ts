import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWebhookGuard, MAX_BODY_BYTES, type WebhookGuard } from '../../src/inbox/guard.ts'

const LIMIT = 64 * 1024

const BUDGET = { largeFrom: LIMIT / 4, mostSmallBytes: LIMIT, mostLargeBytes: 3 * LIMIT }
const PACE = { afterMs: 300, leastBytesPerSecond: LIMIT }

let guard: WebhookGuard
let server: Server
let port: number
let received: number[]

beforeEach(async () => {
  received = []
  const receive = async ({ body }: { body: Uint8Array }) => {
    received.push(body.byteLength)
    return { status: 202, body: { accepted: true, duplicate: false }, headers: { 'x-receiver': 'yes' } }
  }
  const refuse: Parameters<typeof createWebhookGuard>[0]['refuse'] = (headers) =>
    headers['x-strange'] === undefined ? null : { status: 401, body: { accepted: false, error: 'unsigned' } }
  guard = createWebhookGuard({ receive, refuse, largestBytes: LIMIT, budget: BUDGET, pace: PACE })
  server = createServer((req, res) => void guard.answer(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

type Answered = { status: number; headers: Record<string, unknown>; body: string }

function send(o: {
  method?: string
  chunks?: readonly Uint8Array[]
  headers?: Record<string, string>
}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', method: o.method ?? 'POST', headers: o.headers ?? {} }, (res) => {
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (chunk) => (body += chunk))
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }))
    })
    req.on('error', reject)
    for (const chunk of o.chunks ?? []) req.write(chunk)
    req.end()
  })
}

test('a body within the limit reaches the receiver whole, and the answer reaches the sender', async () => {
  const answer = await send({ chunks: [Buffer.alloc(LIMIT / 2), Buffer.alloc(LIMIT / 2)] })
  expect(answer).toMatchObject({ status: 202, body: '{"accepted":true,"duplicate":false}' })
  expect(answer.headers).toMatchObject({ 'x-receiver': 'yes', 'content-type': 'application/json; charset=utf-8' })
  expect(received).toEqual([LIMIT])
})

test('GitHub’s largest body is 25 MiB', () => {
  expect(MAX_BODY_BYTES).toBe(26_214_400)
})

test('a body with a larger content-length is refused before it is sent', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\nhost: andon\r\ncontent-length: ${10 * 1024 ** 3}\r\n\r\n`)
  const [head] = await new Promise<string[]>((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk).split('\r\n')))
  })
  expect(head).toBe('HTTP/1.1 413 Payload Too Large')
  socket.destroy()
  expect(received).toEqual([])
})

test('a body without a content-length is refused once it is too large', async () => {
  const answer = await send({ chunks: [Buffer.alloc(LIMIT), Buffer.alloc(1)] })
  expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } })
  expect(JSON.parse(answer.body)).toMatchObject({ accepted: false })
  expect(received).toEqual([])
})

test('a sender that reads nothing while it sends still receives the refusal', async () => {
  const chunks = Array.from({ length: 30 }, () => Buffer.alloc(LIMIT / 16))
  const declared = String(chunks.length * (LIMIT / 16))
  expect((await send({ chunks })).status).toBe(413)
  expect((await send({ chunks, headers: { 'content-length': declared } })).status).toBe(413)
})

test('a sender that does not stop is disconnected', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: andon\r\ntransfer-encoding: chunked\r\n\r\n')
  const chunk = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x4000), Buffer.from('\r\n')])
  let sent = 0
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.on('error', () => {})
    socket.resume()
    const more = () => {
      if (!socket.writable) return
      sent += 0x4000
      socket.write(chunk, more)
    }
    more()
  })
  expect(sent).toBeGreaterThan(LIMIT)
  expect(received).toEqual([])
})

test('a request that its headers rule out is answered before its body arrives, and no byte of it is kept', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: andon\r\nx-strange: yes\r\ncontent-length: 100\r\n\r\nhalf')
  const [head] = await new Promise<string[]>((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk).split('\r\n')))
  })
  expect(head).toBe('HTTP/1.1 401 Unauthorized')
  socket.destroy()
  expect((await send({ chunks: [Buffer.alloc(LIMIT)], headers: { 'x-strange': 'yes' } })).status).toBe(401)
  expect(received).toEqual([])
})

/** Sends all but the last byte of a body; `answered` is the first line of what comes back. */
async function sendMost(bytes: number): Promise<{ answered: Promise<string> }> {
  const socket = connect(port, '127.0.0.1')
  const arrived = new Promise<void>((resolve) => {
    server.once('request', (req) => {
      let read = 0
      req.on('data', (chunk: Buffer) => {
        read += chunk.length
        if (read === bytes - 1) resolve()
      })
    })
  })
  const answered = once(socket, 'data').then(([chunk]) => String(chunk).split('\r\n')[0] ?? '')
  socket.on('error', () => undefined)
  socket.write(`POST / HTTP/1.1\r\nhost: andon\r\ncontent-length: ${bytes}\r\n\r\n`)
  socket.write(Buffer.alloc(bytes - 1))
  await arrived
  return { answered }
}

test('where large bodies have no room, the one that has been unfinished for longest goes, and small ones are let in', async () => {
  const first = await sendMost(LIMIT)
  for (const _ of [2, 3]) await sendMost(LIMIT)
  expect((await send({ chunks: [Buffer.alloc(10_000)] })).status).toBe(202)
  expect(guard.problem()).toBeNull()
  expect((await send({ chunks: [Buffer.alloc(LIMIT)] })).status).toBe(202)
  expect(await first.answered).toBe('HTTP/1.1 503 Service Unavailable')
  expect(guard.problem()).toMatch(/^1 request was turned away /)
  expect(received).toEqual([10_000, LIMIT])
})

test('small bodies that stay unfinished do not keep others out', async () => {
  for (let sender = 0; sender < 20; sender++) await sendMost(LIMIT / 4)
  expect((await send({ chunks: [Buffer.alloc(LIMIT / 4)] })).status).toBe(202)
  expect(guard.problem()).toMatch(/requests were turned away/)
})

test('a body that arrives too slowly is refused', async () => {
  const { answered } = await sendMost(100)
  expect(await answered).toBe('HTTP/1.1 408 Request Timeout')
  expect(guard.problem()).toMatch(/too slowly/)
})

test('a sender that disconnects halfway affects no other delivery', async () => {
  const socket = connect(port, '127.0.0.1')
  const arrived = new Promise((resolve) => server.once('request', resolve))
  socket.write('POST / HTTP/1.1\r\nhost: andon\r\ncontent-length: 100\r\n\r\nhalf')
  await arrived
  socket.destroy()
  expect((await send({ chunks: [Buffer.from('whole')] })).status).toBe(202)
  expect(received).toEqual([5])
})

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('a request with the method %s is refused', async (method) => {
  expect(await send({ method })).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  expect(received).toEqual([])
})
