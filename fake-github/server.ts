// This GitHub at an address: its API for programs, its pages for people.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Api, type Outcome, textOf } from './api.ts'
import type { Pages } from './pages.ts'

export type GitHubServer = { readonly server: Server; close(): Promise<void> }

export function openServer(o: { api: () => Api; page: Pages }): GitHubServer {
  const hanging = new Set<ServerResponse>()
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) send(outgoing, { status: 500, body: { message: String(error) } })
      else outgoing.destroy()
    })
  })
  server.keepAliveTimeout = 30_000

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://here')
    const body = await readBody(incoming)
    const isForm = /^\/(login|settings|organizations|apps)\//.test(url.pathname)
    if (incoming.method === 'GET' && !isForm && wantsPage(incoming, url.pathname))
      return sendPage(url.pathname, outgoing)
    const headers = { get: (name: string) => headerOf(incoming, name) }
    send(outgoing, await o.api().respond({ method: incoming.method ?? 'GET', url, headers, body }))
  }

  function send(outgoing: ServerResponse, outcome: Outcome): void {
    if (outcome === 'reset' || outcome === 'unreachable' || outcome === 'no-dns') {
      outgoing.socket?.resetAndDestroy()
      return
    }
    if (outcome === 'hang' || outcome === 'crash') {
      hanging.add(outgoing)
      outgoing.on('close', () => hanging.delete(outgoing))
      return
    }
    const { text, type } = textOf(outcome)
    const length = text === '' ? {} : { 'content-length': String(Buffer.byteLength(text)) }
    outgoing.writeHead(outcome.status, { 'content-type': type, ...outcome.headers, ...length })
    outgoing.end(text)
  }

  function sendPage(path: string, outgoing: ServerResponse): void {
    const page = o.page(decodeURIComponent(path))
    outgoing.writeHead(page === null ? 404 : 200, { 'content-type': `${page?.type ?? 'text/plain'}; charset=utf-8` })
    outgoing.end(page?.text ?? 'Nothing here.\n')
  }

  return {
    server,
    close: () =>
      new Promise((resolve) => {
        for (const outgoing of hanging) outgoing.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

// A browser gets pages; the JSON beside a page needs no token.
function wantsPage(incoming: IncomingMessage, path: string): boolean {
  return (
    (incoming.headers.accept ?? '').includes('text/html') || (path.endsWith('.json') && !path.startsWith('/repos/'))
  )
}

function headerOf(incoming: IncomingMessage, name: string): string | null {
  const value = incoming.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
