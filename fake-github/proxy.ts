// The door of this GitHub. Every request is identified, noted, perhaps met by a misfortune, and answered: here, or by
// the emulator behind it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Fault, Faults } from './faults.ts'
import { authenticate } from './identity.ts'
import { normalize } from './normalize.ts'
import type { Pages } from './pages.ts'
import { type ApiRequest, type ApiResponse, type RouteContext, route } from './routes.ts'
import { requestKindOf, type WriteRecorder } from './write-log.ts'

export type Proxy = { readonly server: Server; close(): Promise<void> }

export function openProxy(o: {
  parts: () => RouteContext
  faults: Faults
  writes: WriteRecorder
  page: Pages
  /** The path that the emulator delivers to. */
  sink: { readonly path: string; receive(event: string, body: string): void }
  /** Where workflow tokens' keys are published, for everybody. */
  keys: { readonly path: string; published(): Promise<object> }
}): Proxy {
  const hanging = new Set<ServerResponse>()
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) sendResponse(outgoing, { status: 500, body: { message: String(error) } })
      else outgoing.destroy()
    })
  })
  server.keepAliveTimeout = 30_000

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://here')
    const body = await readBody(incoming)
    if (url.pathname === o.sink.path) {
      o.sink.receive(String(incoming.headers['x-github-event']), body.toString('utf8'))
      return void outgoing.end()
    }
    if (url.pathname === o.keys.path) return sendResponse(outgoing, { status: 200, body: await o.keys.published() })
    const { world } = o.parts()
    world.clock.sync()
    if (incoming.method === 'GET' && wantsPage(incoming, url.pathname)) return servePage(url.pathname, outgoing)
    const path = await resolveRepositoryId(url.pathname, o.parts())
    const request: ApiRequest = {
      method: incoming.method ?? 'GET',
      path,
      query: url.searchParams,
      body: parseBody(body),
      identity: authenticate(world, incoming.headers.authorization),
      apiVersion: headerOf(incoming, 'x-github-api-version'),
    }
    const kind = requestKindOf(request.method, path)
    const noted = o.writes.record({
      kind,
      method: request.method,
      path,
      at: world.clock.nowMs(),
      repository: /^\/repos\/([^/]+\/[^/]+)/.exec(path)?.[1] ?? null,
      body: request.body,
    })
    const fault = o.faults.faultFor(kind)
    noted.fault = fault?.kind ?? null
    if (fault && !fault.kind.endsWith('-after')) {
      noted.status = misfortune(outgoing, fault)
      return
    }
    const answer = await respond(request, incoming, body, path + url.search)
    noted.done = answer.status < 300
    if (fault) noted.status = misfortune(outgoing, fault)
    else {
      noted.status = answer.status
      sendResponse(outgoing, answer)
    }
  }

  async function respond(
    request: ApiRequest,
    incoming: IncomingMessage,
    body: Buffer,
    path: string,
  ): Promise<ApiResponse> {
    const parts = o.parts()
    const here = await route(request, {
      ...parts,
      getFromEmulator: async (asked) =>
        normalize(parts.world, (await forward('GET', asked, incoming, Buffer.alloc(0))).text) as never,
    })
    if (here) return here
    const reply = await forward(request.method, path, incoming, body)
    const {
      'content-length': _,
      'transfer-encoding': __,
      connection: ___,
      'keep-alive': ____,
      ...headers
    } = reply.headers
    const isJson = headers['content-type']?.includes('json') && reply.text !== ''
    const answer = { status: reply.status, headers, body: isJson ? normalize(parts.world, reply.text) : null }
    if (request.path.endsWith('/access_tokens') && reply.status === 201) storeToken(answer.body, parts)
    return answer
  }

  async function forward(method: string, path: string, incoming: IncomingMessage, body: Buffer) {
    const headers: Record<string, string> = { host: incoming.headers.host ?? 'localhost' }
    for (const name of ['authorization', 'accept', 'content-type']) {
      const value = headerOf(incoming, name)
      if (value !== undefined) headers[name] = value
    }
    const secret = /^(?:bearer|token)\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]
    const { world, currentToken } = o.parts()
    if (secret !== undefined && world.tokens.has(secret)) headers.authorization = `Bearer ${await currentToken(secret)}`
    if (body.length > 0) headers['content-length'] = String(body.length)
    return world.emulator.forward({ method, path, headers, body: body.length > 0 ? body : undefined })
  }

  /** Returns the status that went out; 0 when none did. */
  function misfortune(outgoing: ServerResponse, fault: Fault): number {
    if (fault.kind.startsWith('reset')) {
      outgoing.socket?.resetAndDestroy()
      return 0
    }
    if (fault.kind.startsWith('hang')) {
      hanging.add(outgoing)
      outgoing.on('close', () => hanging.delete(outgoing))
      return 0
    }
    const answer = faultResponse(fault, o.parts().world.clock.nowMs())
    sendResponse(outgoing, answer)
    return answer.status
  }

  async function servePage(path: string, outgoing: ServerResponse): Promise<void> {
    const page = await o.page(decodeURIComponent(path))
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

function faultResponse(fault: Fault, now: number): ApiResponse {
  if (fault.kind.startsWith('502')) return { status: 502, body: { message: 'Server Error' } }
  if (fault.kind === 'unauthorized') return { status: 401, body: { message: 'Bad credentials' } }
  if (fault.kind === 'forbidden') return { status: 403, body: { message: 'Resource not accessible by integration' } }
  const wait = fault.retryAfterSeconds
  if (fault.kind === 'secondary-limit') {
    return {
      status: 403,
      headers: { 'retry-after': String(wait) },
      body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
    }
  }
  const reset = String(Math.ceil(now / 1000) + wait)
  return {
    status: 403,
    headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    body: { message: 'API rate limit exceeded for installation.' },
  }
}

function storeToken(body: unknown, { world }: RouteContext): void {
  const issued = body as { token: string; expires_at: string; repositories?: readonly { id: number }[] }
  world.tokens.set(issued.token, {
    installationId: world.installation.id,
    repositoryIds: issued.repositories?.map((repository) => repository.id) ?? null,
    expiresAt: Date.parse(issued.expires_at),
  })
}

// A repository is also reached by its id, under whatever name.
async function resolveRepositoryId(path: string, { world }: RouteContext): Promise<string> {
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path)
  if (!byId) return path
  const repository = [...world.repositories.values()].find((candidate) => candidate.id === Number(byId[1]))
  return repository ? `/repos/${repository.full_name}${byId[2] ?? ''}` : path
}

// A browser gets pages; and the JSON beside a page is there for anybody, without a token.
function wantsPage(incoming: IncomingMessage, path: string): boolean {
  return (
    (incoming.headers.accept ?? '').includes('text/html') || (path.endsWith('.json') && !path.startsWith('/repos/'))
  )
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name]
  return Array.isArray(value) ? value[0] : value
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return null
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

function sendResponse(outgoing: ServerResponse, answer: ApiResponse): void {
  const text = answer.body === null ? '' : JSON.stringify(answer.body)
  outgoing.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    ...answer.headers,
    ...(text !== '' && { 'content-length': String(Buffer.byteLength(text)) }),
  })
  outgoing.end(text)
}
