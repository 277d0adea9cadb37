// As much of GitHub as the outbox writes to, at the level of `fetch`. It does again whatever it is asked again, forgets
// nothing, and misbehaves when told to.

import type { Instant } from '../../../src/pipeline/model/time.ts'
import { isInTransaction } from '../../../src/store/track-transactions.ts'

export type Fault =
  /** Nothing is done, and GitHub says so. */
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly message?: string
    }
  /** It is done, and then the answer is lost. */
  | { readonly kind: '502-after' | 'reset-after' | 'hang-after' | '502-before' }
  /** Nothing gets there at all. */
  | { readonly kind: 'unreachable' }
  /** The process dies with the request on its way: no answer ever comes. */
  | { readonly kind: 'crash-before' | 'crash-after' }
  /** The process is frozen before the request leaves it. */
  | { readonly kind: 'freeze'; readonly until: Promise<void> }

export type RecordedRequest = {
  readonly method: string
  readonly path: string
  readonly at: Instant
  readonly body: JsonBody
}
type JsonBody = Readonly<Record<string, unknown>>
type StoredRow = { readonly id: number } & Record<string, unknown>

export type GitHubFetchStub = {
  readonly fetch: typeof fetch
  /** Comments by issue number, in the order of their creation. */
  comments(issueNumber: number): readonly StoredRow[]
  allComments(): readonly StoredRow[]
  checkRuns(): readonly StoredRow[]
  /** `900 eyes`: each reaction once, in the order of their creation. */
  reactions(): readonly string[]
  /** Every POST, PATCH and DELETE that reached us, done or not. */
  readonly writes: RecordedRequest[]
  readonly requests: RecordedRequest[]
  deleteComment(id: number): void
  /** Says for each request what goes wrong with it; null: nothing. */
  fault: (request: RecordedRequest) => Fault | null
  /** Answers to GraphQL, and to whatever else the fake does not know by itself. */
  respond: (request: RecordedRequest) => { status: number; body: unknown } | null
}

export const APP_ID = 4711
export const API = 'https://api.github.test'

export function githubFetchStub(now: () => Instant): GitHubFetchStub {
  let nextId = 1
  const comments = new Map<number, StoredRow>()
  const checks = new Map<number, StoredRow>()
  const reactions = new Set<string>()
  const app = { id: APP_ID, slug: 'andon' }

  function perform({ method, path, body, at }: RecordedRequest): { status: number; body: unknown } {
    const [, issue] = /\/issues\/(\d+)\/comments$/.exec(path) ?? []
    const [, comment] = /\/issues\/comments\/(\d+)$/.exec(path) ?? []
    const [, reacted] = /\/issues\/comments\/(\d+)\/reactions$/.exec(path) ?? []
    const [, check] = /\/check-runs\/(\d+)$/.exec(path) ?? []
    const [, sha] = /\/commits\/(.+)\/check-runs$/.exec(path) ?? []
    if (method === 'POST' && path.endsWith('/access_tokens')) return tokenResponse()
    if (method === 'POST' && issue !== undefined) {
      return put(comments, {
        ...body,
        issue: Number(issue),
        created_at: at,
        updated_at: at,
        performed_via_github_app: app,
      })
    }
    if (method === 'POST' && reacted !== undefined) {
      const known = reactions.has(`${reacted} ${body.content}`)
      reactions.add(`${reacted} ${body.content}`)
      return { status: known ? 200 : 201, body: { id: 1, content: body.content } }
    }
    if (method === 'GET' && issue !== undefined) {
      const ours = [...comments.values()].filter((row) => row.issue === Number(issue))
      return { status: 200, body: ours }
    }
    if (comment !== undefined) return change(comments, Number(comment), method, { ...body, updated_at: at })
    if (method === 'POST' && path.endsWith('/check-runs')) return put(checks, { ...body, app })
    if (check !== undefined) return change(checks, Number(check), method, body)
    if (method === 'GET' && sha !== undefined) {
      return { status: 200, body: { check_runs: [...checks.values()].filter((row) => row.head_sha === sha) } }
    }
    return fake.respond({ method, path, body, at }) ?? { status: 404, body: { message: `no ${method} ${path} here` } }
  }

  function put(rows: Map<number, StoredRow>, row: Record<string, unknown>) {
    const id = nextId++
    rows.set(id, { ...row, id })
    return { status: 201, body: rows.get(id) }
  }

  function change(rows: Map<number, StoredRow>, id: number, method: string, body: JsonBody) {
    const row = rows.get(id)
    if (row === undefined) return { status: 404, body: { message: 'Not Found' } }
    if (method === 'DELETE') return { status: 204, body: rows.delete(id) && null }
    rows.set(id, { ...row, ...body, id })
    return { status: 200, body: rows.get(id) }
  }

  const fake: GitHubFetchStub = {
    async fetch(input, init) {
      if (isInTransaction()) throw new Error('GitHub is called while a transaction is open')
      const method = init?.method ?? 'GET'
      const { pathname: path } = new URL(String(input))
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : {}
      const request = { method, path, at: now(), body }
      if (path.endsWith('/access_tokens')) return jsonResponse(tokenResponse())
      fake.requests.push(request)
      if (method !== 'GET' && path !== '/graphql') fake.writes.push(request)
      return respondWithFault(fake.fault(request), () => jsonResponse(perform(request)))
    },
    comments: (issueNumber) => [...comments.values()].filter((row) => row.issue === issueNumber),
    allComments: () => [...comments.values()],
    checkRuns: () => [...checks.values()],
    reactions: () => [...reactions],
    deleteComment: (id) => void comments.delete(id),
    writes: [],
    requests: [],
    fault: () => null,
    respond: () => null,
  }
  return fake
}

async function respondWithFault(fault: Fault | null, perform: () => Response): Promise<Response> {
  switch (fault?.kind) {
    case undefined:
      return perform()
    case 'refuse':
      return jsonResponse({ status: fault.status, body: { message: fault.message ?? 'no' } }, fault.headers)
    case '502-before':
      return new Response('Bad Gateway', { status: 502 })
    case '502-after':
      perform()
      return new Response('Bad Gateway', { status: 502 })
    case 'reset-after':
      perform()
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      })
    case 'hang-after':
      perform()
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    case 'unreachable':
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      })
    case 'freeze':
      await fault.until
      return perform()
    case 'crash-after':
      perform()
      return await new Promise(() => undefined)
    case 'crash-before':
      return await new Promise(() => undefined)
  }
}

function jsonResponse(
  { status, body }: { status: number; body: unknown },
  headers: Record<string, string> = {},
): Response {
  if (status === 204) return new Response(null, { status })
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

function tokenResponse() {
  const body = {
    token: 'ghs_fake',
    expires_at: '2099-01-01T00:00:00Z',
    permissions: {},
    repository_selection: 'selected',
  }
  return { status: 201, body }
}
