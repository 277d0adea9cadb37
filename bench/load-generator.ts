// The load generator, a process of its own: it sends every delivery of a file once, over the given number of connections,
// and prints its measurements as one line of JSON. It writes to sockets itself, to leave the processor to the receiver.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Payload } from './payloads.ts'

export type LoadResult = {
  readonly seconds: number
  readonly statuses: Readonly<Record<string, number>>
  /** Latencies of the answers, in milliseconds. */
  readonly p50: number
  readonly p99: number
}

const [, , file = '', port = '0', connections = '1'] = process.argv
const requests = readFileSync(file, 'utf8')
  .split('\n')
  .map((line) => requestOf(JSON.parse(line)))
const latencies: number[] = []
const statuses: Record<string, number> = {}
let next = 0

const startedAt = performance.now()
await Promise.all(Array.from({ length: Number(connections) }, sendRequests))
const seconds = (performance.now() - startedAt) / 1000
latencies.sort((a, b) => a - b)
const measured: LoadResult = { seconds, statuses, p50: percentile(0.5), p99: percentile(0.99) }
console.log(JSON.stringify(measured))

function requestOf({ name, signature, body }: Payload): Buffer {
  const bytes = Buffer.from(body, 'base64')
  const head = [
    'POST /api/github/webhooks HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    'user-agent: GitHub-Hookshot/044aadd',
    'x-github-hook-id: 292430182',
    `x-github-event: ${name}`,
    `x-github-delivery: ${randomUUID()}`,
    `x-hub-signature-256: ${signature}`,
    `content-length: ${bytes.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

async function sendRequests(): Promise<void> {
  const socket = connect(Number(port), '127.0.0.1').setNoDelay()
  await once(socket, 'connect')
  for (let request = requests[next++]; request; request = requests[next++]) {
    const sentAt = performance.now()
    socket.write(request)
    const status = await readStatus(socket)
    latencies.push(performance.now() - sentAt)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  socket.destroy()
}

/** Waits for one whole answer; resolves to its status. */
async function readStatus(socket: ReturnType<typeof connect>): Promise<string> {
  let text = ''
  for (;;) {
    const [chunk] = await once(socket, 'data')
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) continue
    const length = /^content-length: (\d+)/im.exec(text)?.[1]
    const isWhole = length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length)
    if (isWhole) return text.slice(9, 12)
  }
}

function percentile(share: number): number {
  return latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
}
