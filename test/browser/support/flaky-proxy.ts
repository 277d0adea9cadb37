// A proxy between browser and boards, as an operator has one: it can be told to answer for them, and to spread requests.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: it goes on to a board, or is answered by the proxy itself. */
export type ProxyDecision = { readonly to: string } | { readonly status: number }

export type FlakyProxy = {
  readonly url: string
  /** Decides about the requests from now on. */
  decide(decision: (path: string) => ProxyDecision): void
  /** The paths of all requests so far. */
  readonly seen: readonly string[]
  /** Cuts every connection. */
  cut(): void
  close(): Promise<void>
}

export async function openFlakyProxy(to: string): Promise<FlakyProxy> {
  let decision: (path: string) => ProxyDecision = () => ({ to })
  const seen: string[] = []
  const server = createServer((asked, answer) => {
    const path = asked.url ?? '/'
    seen.push(path)
    const decided = decision(path)
    if ('to' in decided) return forward(asked, answer, decided.to)
    answer.writeHead(decided.status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide(next) {
      decision = next
    },
    seen,
    cut: () => server.closeAllConnections(),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function forward(asked: IncomingMessage, answer: ServerResponse, to: string): void {
  const onward = request(to + asked.url, { method: asked.method ?? 'GET', headers: asked.headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers)
    answer.flushHeaders()
    reply.pipe(answer)
    reply.on('error', () => answer.destroy())
  })
  onward.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end('Bad Gateway')))
  answer.on('close', () => onward.destroy())
  asked.pipe(onward)
}
