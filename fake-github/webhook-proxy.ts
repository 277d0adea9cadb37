// A webhook proxy with one channel, as smee.io is one: it parses what is posted, answers 200 whatever comes of it, and
// passes it on to those who listen. https://github.com/probot/smee.io/blob/master/lib/server.js
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakeWebhookProxy = {
  /** The channel: GitHub posts to it, Andon reads it. */
  readonly url: string
  /** How many listen now. */
  listeners(): number
  /** Writes to every stream, whatever it is. */
  write(text: string): Promise<void>
  /** Cuts every stream. */
  cut(): void
  /** Answers with this status from now on; null ends that. */
  refuse(status: number | null): void
  close(): Promise<void>
}

export async function openFakeWebhookProxy(): Promise<FakeWebhookProxy> {
  const streams = new Set<ServerResponse>()
  let refusal: number | null = null
  let sent = 0

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (refusal !== null) return void outgoing.writeHead(refusal).end()
    if (incoming.method === 'POST') {
      const body = JSON.parse(await readText(incoming))
      await emit(JSON.stringify({ ...incoming.headers, body, query: {}, timestamp: Date.now() }))
      return void outgoing.writeHead(200).end()
    }
    if (incoming.headers.accept !== 'text/event-stream') return void outgoing.writeHead(200).end('A page for people.')
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    outgoing.write(`id: ${sent++}\nevent: ready\ndata: {}\n\n`)
    streams.add(outgoing)
    outgoing.on('close', () => streams.delete(outgoing))
  }

  const emit = (data: string) => write(`id: ${sent++}\ndata: ${data}\n\n`)

  async function write(text: string): Promise<void> {
    await Promise.all([...streams].map((stream) => new Promise((resolve) => stream.write(text, resolve))))
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.writeHead(400).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a-channel`,
    listeners: () => streams.size,
    write,
    cut() {
      for (const stream of streams) stream.destroy()
    },
    refuse(status) {
      refusal = status
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
