// What stands between GitHub and Andon, and what is wrong with it: a reverse proxy over HTTP, a pooler over Postgres' protocol.
import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What is wrong with a proxy. */
export type ProxyFaults = {
  /** Answers are passed on only when they are whole. */
  readonly buffers?: boolean
  /** Larger bodies are answered 413. */
  readonly mostBytes?: number
  /** Larger bodies end the connection. */
  readonly cutsAbove?: number
  readonly dropsHeader?: string
  /** The status that some requests get, and where they are sent. */
  readonly answers?: (method: string, path: string) => { readonly status: number; readonly location?: string } | null
}

export type Listening = { readonly url: string; close(): Promise<void> }

export async function openProxy(target: string, faults: ProxyFaults = {}): Promise<Listening> {
  const server = createHttpServer((incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming
    const own = faults.answers?.(method, url) ?? null
    const bytes = Number(incoming.headers['content-length'] ?? 0)
    if (bytes > (faults.cutsAbove ?? Number.POSITIVE_INFINITY)) return void incoming.socket.resetAndDestroy()
    if (own !== null || bytes > (faults.mostBytes ?? Number.POSITIVE_INFINITY)) {
      const { status, location } = own ?? { status: 413 }
      incoming.resume()
      outgoing.writeHead(status, { 'content-type': 'text/html', ...(location && { location }) })
      return void outgoing.end('<h1>nginx</h1>')
    }
    const headers = Object.entries(incoming.headers).filter(([name]) => name !== faults.dropsHeader)
    const passedOn = request(target + url, { method, headers: Object.fromEntries(headers) }, async (answer) => {
      const status = answer.statusCode ?? 502
      if (!faults.buffers) return void answer.pipe(outgoing.writeHead(status, answer.headers))
      const whole = await buffer(answer)
      outgoing.writeHead(status, answer.headers).end(whole)
    })
    passedOn.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end('Bad Gateway'))
    outgoing.on('close', () => passedOn.destroy())
    incoming.pipe(passedOn)
  })
  return listening(server)
}

/** Answers every request so. */
export async function openServer(status: number, body: object | string = ''): Promise<Listening> {
  const server = createHttpServer((incoming, outgoing) => {
    incoming.resume()
    const type = typeof body === 'string' ? 'text/html' : 'application/json'
    outgoing.writeHead(status, { 'content-type': type })
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  return listening(server)
}

/** Takes connections and never answers. */
export async function openSilence(): Promise<Listening> {
  const taken = new Set<Socket>()
  const server = createTcpServer((socket) => taken.add(socket.on('error', () => undefined)))
  const { url, close } = await listening(server)
  return {
    url,
    close() {
      for (const socket of taken) socket.destroy()
      return close()
    },
  }
}

const NOTIFICATION_RESPONSE = 'A'.charCodeAt(0)

/** As a pooler in transaction mode: LISTEN is answered, and no notification ever arrives. */
export async function openPooler(databaseUrl: string): Promise<Listening> {
  const { hostname, port, pathname, username } = new URL(databaseUrl)
  const server = createTcpServer((client) => {
    const postgres = connect(Number(port), hostname)
    client.pipe(postgres)
    let held = Buffer.alloc(0)
    postgres.on('data', (bytes) => {
      held = Buffer.concat([held, bytes])
      while (held.length >= 5 && held.length >= 1 + held.readUInt32BE(1)) {
        const message = held.subarray(0, 1 + held.readUInt32BE(1))
        held = held.subarray(message.length)
        if (message[0] !== NOTIFICATION_RESPONSE) client.write(message)
      }
    })
    for (const [socket, other] of [
      [client, postgres],
      [postgres, client],
    ] as const)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  const { url, close } = await listening(server)
  return { url: `postgres://${username}@${new URL(url).host}${pathname}`, close }
}

async function listening(server: Server | HttpServer): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
