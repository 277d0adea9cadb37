// A GitHub that only listens: it hands out tokens, answers nothing else, and remembers who asked for what.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type StubGitHub = {
  readonly url: string
  /** `METHOD /path` of every request but those for tokens, oldest first. */
  requests(): readonly string[]
  close(): Promise<void>
}

export async function startStubGitHub(): Promise<StubGitHub> {
  const requests: string[] = []
  let nextId = 1
  const server = createServer((req, res) => {
    req.resume()
    const path = req.url ?? '/'
    const json = { 'content-type': 'application/json' }
    if (path.endsWith('/access_tokens')) {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      res.writeHead(201, json).end(JSON.stringify({ token: 'ghs_stub', expires_at, permissions: {} }))
      return
    }
    requests.push(`${req.method} ${path}`)
    if (req.method === 'POST' && !path.endsWith('/graphql')) {
      res.writeHead(201, json).end(JSON.stringify({ id: nextId++ }))
      return
    }
    res.writeHead(404, json).end(JSON.stringify({ message: 'Not Found' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
