// One request to this GitHub, over HTTP or in process: authenticated, recorded, perhaps struck by a fault, and answered.
import { createHash, type KeyObject } from 'node:crypto'
import { openAnswerHeaders } from './answer-headers.ts'
import type { ApiResponse } from './api-request.ts'
import { type Fault, type Faults, RETRY_AFTER_SECONDS } from './faults.ts'
import { authenticate } from './identity.ts'
import { type RouteContext, route } from './routes.ts'
import type { World } from './world.ts'
import { requestKindOf, type WriteRecorder } from './write-log.ts'

export type IncomingCall = {
  readonly method: string
  readonly url: URL
  readonly headers: { get(name: string): string | null }
  readonly body: string
}

/** An answer, or what happens to the connection without one. */
export type Outcome = ApiResponse | 'reset' | 'hang' | 'crash' | 'unreachable' | 'no-dns'

export type Api = { respond(call: IncomingCall): Promise<Outcome> }

/** The answer's body as sent. */
export function textOf({ body }: ApiResponse): { readonly text: string; readonly type: string } {
  if (typeof body === 'string') return { text: body, type: 'text/html' }
  return { text: body === null ? '' : JSON.stringify(body), type: 'application/json; charset=utf-8' }
}

export function openApi(o: {
  parts: RouteContext
  appKeys: ReadonlySet<KeyObject>
  faults: Faults
  writes: WriteRecorder
  /** The public path of the keys of workflow tokens. */
  keys: { readonly path: string; published(): Promise<object> }
}): Api {
  const { world } = o.parts
  const headersOf = openAnswerHeaders(world)

  return {
    async respond({ method, url, headers, body }) {
      if (url.pathname === o.keys.path) return { status: 200, body: await o.keys.published() }
      const redirect = redirectOf(method, url, world)
      if (redirect !== null) return redirect
      const path = resolveRepositoryId(url.pathname, world)
      const parsed = parseBody(body)
      const kind = requestKindOf(method, path, parsed)
      const request = {
        method,
        path,
        query: url.searchParams,
        body: parsed,
        form: new URLSearchParams(body),
        identity: authenticate(world, o.appKeys, headers.get('authorization')),
        apiVersion: headers.get('x-github-api-version') ?? undefined,
      }
      const recorded = o.writes.record({
        kind,
        method,
        path,
        at: world.clock.nowMs(),
        repository: /^\/repos\/([^/]+\/[^/]+)/.exec(path)?.[1] ?? null,
        body: request.body,
      })
      const fault = o.faults.faultFor(recorded)
      recorded.fault = fault?.kind ?? null
      if (fault?.kind === 'freeze') await fault.until
      let answer: ApiResponse | null = null
      for (let times = timesDone(fault); times > 0; times--) answer = await route(request, o.parts)
      recorded.done = answer !== null && isDone(answer)
      const found = answer === null || method !== 'GET' ? answer : unlessKnown(answer, headers.get('if-none-match'))
      const bare = found === null ? faultOutcome(fault, world) : outcomeOf(found, fault, world)
      const outcome = typeof bare === 'string' ? bare : headersOf.complete(bare, request)
      recorded.status = typeof outcome === 'string' ? 0 : outcome.status
      return outcome
    },
  }
}

// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
function unlessKnown(answer: ApiResponse, known: string | null): ApiResponse {
  if (answer.status !== 200) return answer
  const { text } = textOf(answer)
  const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`
  const headers = { ...answer.headers, etag }
  return known === etag ? { status: 304, body: null, headers } : { ...answer, headers }
}

// GraphQL refuses with status 200.
function isDone({ status, body }: ApiResponse): boolean {
  return status < 300 && !(typeof body === 'object' && body !== null && 'errors' in body)
}

function outcomeOf(answer: ApiResponse, fault: Fault | null, world: World): Outcome {
  if (fault?.kind === 'altered') return fault.alter(answer)
  return fault === null || fault.kind === 'freeze' ? answer : faultOutcome(fault, world)
}

function timesDone(fault: Fault | null): number {
  if (fault?.kind === 'repeated') return fault.times
  const isDone = fault === null || fault.kind === 'freeze' || fault.kind === 'altered' || fault.kind.endsWith('-after')
  return isDone ? 1 : 0
}

// A name that a repository had leads to its id: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
function redirectOf(method: string, { pathname, search }: URL, world: World): ApiResponse | null {
  const [, fullName = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(pathname) ?? []
  const id = world.formerNames.get(fullName)
  if (id === undefined || world.repositories.has(fullName)) return null
  const location = `${world.url}/repositories/${id}${rest}${search}`
  const body = { message: 'Moved Permanently', url: location }
  return { status: method === 'GET' ? 301 : 307, headers: { location }, body }
}

// A repository is also reached by its id, whatever its name.
function resolveRepositoryId(path: string, world: World): string {
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path)
  if (!byId) return path
  const repository = [...world.repositories.values()].find((candidate) => candidate.id === Number(byId[1]))
  return repository ? `/repos/${repository.full_name}${byId[2] ?? ''}` : path
}

function parseBody(body: string): unknown {
  if (body === '') return null
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function faultOutcome(fault: Fault | null, world: World): Outcome {
  switch (fault?.kind) {
    case 'reset-before':
    case 'reset-after':
      return 'reset'
    case 'hang-before':
    case 'hang-after':
      return 'hang'
    case 'crash-before':
    case 'crash-after':
      return 'crash'
    case 'unreachable':
    case 'no-dns':
      return fault.kind
    case 'refuse':
      return { status: fault.status, body: { message: fault.message ?? 'no' }, headers: fault.headers ?? {} }
    case 'unauthorized':
      return { status: 401, body: { message: 'Bad credentials' } }
    case 'forbidden':
      return { status: 403, body: { message: 'Resource not accessible by integration' } }
    case 'secondary-limit':
      return {
        status: 403,
        headers: { 'retry-after': String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS) },
        body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
      }
    case 'primary-limit': {
      const reset = Math.ceil(world.clock.nowMs() / 1000) + (fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS)
      return {
        status: 403,
        headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
        body: { message: 'API rate limit exceeded for installation.' },
      }
    }
    default:
      // GitHub's load balancers answer in HTML.
      return { status: 502, body: 'Bad Gateway' }
  }
}
