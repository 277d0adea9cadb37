// What the proxy answers itself: the parts of the API that the emulator lacks or gets wrong.
import type { Actions } from './actions.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { RepositoryFiles } from './files.ts'
import { executeGraphql } from './graphql.ts'
import { graphqlRoot } from './graphql-schema.ts'
import type { Identity } from './identity.ts'
import { validateWrite } from './validation.ts'
import type { Comment, Repository, World } from './world.ts'

export type ApiResponse = { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }

export type ApiRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly identity: Identity
  readonly apiVersion: string | undefined
}

export type RouteContext = {
  readonly world: World
  readonly actions: Actions
  readonly files: RepositoryFiles
  readonly deliveries: Deliveries
  currentToken(presented: string): Promise<string>
  headShaOf(fullName: string, branch: string): Promise<string | null>
  /** Asks the emulator, as whoever asked. */
  getFromEmulator<T>(path: string): Promise<T>
  commitExists(fullName: string, sha: string): Promise<boolean>
}

/** Answers a request, or null to let the emulator answer it. */
export async function route(request: ApiRequest, parts: RouteContext): Promise<ApiResponse | null> {
  const { world } = parts
  const { method, path, identity } = request
  if (identity.kind === 'anonymous') return { status: 401, body: { message: identity.why } }
  if (identity.kind === 'app') return routeApp(request, parts)
  if (path.startsWith('/app/') || path === '/app')
    return { status: 401, body: { message: 'A JSON web token could not be decoded' } }
  if (identity.kind === 'installation' && world.installation.state === 'suspended') {
    return { status: 403, body: { message: 'This installation has been suspended' } }
  }
  if (path === '/graphql' && method === 'POST') {
    return { status: 200, body: await executeGraphql(graphqlRoot(world, parts.headShaOf), request.body) }
  }
  if (path === '/installation/repositories') return listRepositories(world)
  const place = /^\/repos\/([^/]+\/[^/]+)\/?(.*)$/.exec(path)
  if (!place) return null
  const [, fullName = '', rest = ''] = place
  const repository = world.repositories.get(fullName)
  if (!repository || world.installation.removedRepositoryIds.has(repository.id))
    return { status: 404, body: { message: 'Not Found' } }
  return routeRepository(request, parts, repository, rest)
}

async function routeRepository(
  request: ApiRequest,
  parts: RouteContext,
  repository: Repository,
  rest: string,
): Promise<ApiResponse | null> {
  const { world, actions } = parts
  const { method, query, body } = request
  const fullName = repository.full_name
  if (rest.startsWith('actions/')) {
    const mayWrite = request.identity.kind !== 'installation' || world.grant.permissions.actions === 'write'
    if (method !== 'GET' && !mayWrite)
      return { status: 403, body: { message: 'Resource not accessible by integration' } }
    const asked =
      request.apiVersion === LATEST_API_VERSION && rest.endsWith('/dispatches')
        ? { ...(body as object), return_run_details: true }
        : body
    return actions.respond(method, fullName, rest.slice('actions/'.length), query, asked, (branch) =>
      parts.headShaOf(fullName, branch),
    )
  }
  if (method === 'GET' && rest.startsWith('contents/'))
    return parts.files.respond(fullName, rest.slice('contents/'.length).split('/').map(decodeURIComponent).join('/'))
  const login = /^collaborators\/([^/]+)\/permission$/.exec(rest)?.[1]
  if (login !== undefined) return getPermission(world, decodeURIComponent(login))
  if (method === 'POST' && /\/reactions$/.test(rest))
    return createReaction(world, `${fullName}/${rest}`, body, request.identity)
  const issue = /^issues\/(\d+)(\/comments)?/.exec(rest)
  if (issue && world.deletedIssues.has(`${fullName}#${issue[1]}`))
    return { status: 410, body: { message: 'This issue was deleted' } }
  if (issue?.[2] && method === 'GET')
    return listComments(request, parts, `/repos/${fullName}/issues/${issue[1]}/comments`)
  return validateWrite(request, rest, (sha) => parts.commitExists(fullName, sha))
}

// The emulator compares `since` as text, to the millisecond; here it is whole seconds of this GitHub's clock.
async function listComments(request: ApiRequest, parts: RouteContext, path: string): Promise<ApiResponse> {
  const since = request.query.get('since')
  const perPage = Math.min(100, Number(request.query.get('per_page') ?? 30))
  const page = Number(request.query.get('page') ?? 1)
  const all: Comment[] = []
  for (let from = 1, more = true; more; from++) {
    const part = await parts.getFromEmulator<Comment[]>(`${path}?per_page=100&page=${from}`)
    all.push(...part)
    more = part.length === 100
  }
  const found = all.filter(
    (comment) => since === null || Date.parse(comment.updated_at) >= Math.floor(Date.parse(since) / 1000) * 1000,
  )
  const next = page * perPage < found.length
  return {
    status: 200,
    body: found.slice((page - 1) * perPage, page * perPage),
    headers: next ? { link: `<${parts.world.url}${path}?per_page=${perPage}&page=${page + 1}>; rel="next"` } : {},
  }
}

function listRepositories(world: World): ApiResponse {
  const repositories = [...world.repositories.values()].filter(
    (repository) => !world.installation.removedRepositoryIds.has(repository.id),
  )
  return { status: 200, body: { total_count: repositories.length, repository_selection: 'selected', repositories } }
}

// Anybody may read a public repository, so only a login that does not exist is not found.
function getPermission(world: World, login: string): ApiResponse {
  const user = world.users.get(login)
  const role = world.permissions.get(login)
  if (!user || role === undefined) return { status: 404, body: { message: `${login} is not a user` } }
  const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role
  return { status: 200, body: { permission, role_name: role, user } }
}

const reactions = new WeakMap<World, Map<string, object>>()

// 201 the first time, 200 ever after.
function createReaction(world: World, where: string, body: unknown, identity: Identity): ApiResponse {
  const content = (body as { content?: string }).content
  const kept = reactions.get(world) ?? new Map<string, object>()
  reactions.set(world, kept)
  const key = `${where} ${content} ${identity.kind}`
  const before = kept.get(key)
  const reaction = before ?? { id: world.nextId(), content, created_at: world.clock.nowIso() }
  kept.set(key, reaction)
  return { status: before ? 200 : 201, body: reaction }
}

async function routeApp(request: ApiRequest, parts: RouteContext): Promise<ApiResponse | null> {
  const { world, deliveries } = parts
  const { method, path, query } = request
  if (path === '/app/hook/deliveries') return listDeliveries(deliveries, query)
  const one = /^\/app\/hook\/deliveries\/(\d+)(\/attempts)?$/.exec(path)
  if (one) {
    const delivery = deliveries.log.find((candidate) => candidate.id === Number(one[1]))
    if (!delivery) return { status: 404, body: { message: 'Not Found' } }
    if (!one[2])
      return {
        status: 200,
        body: {
          ...deliverySummary(delivery),
          request: { headers: {}, payload: JSON.parse(delivery.body) },
          response: { headers: {}, payload: null },
        },
      }
    void deliveries.redeliver(delivery.id)
    return { status: 202, body: {} }
  }
  if (path === '/app/hook/config') {
    return {
      status: 200,
      body: {
        content_type: 'json',
        insecure_ssl: '0',
        secret: '********',
        url: 'http://127.0.0.1/api/github/webhooks',
      },
    }
  }
  if (method === 'POST' && /^\/app\/installations\/\d+\/access_tokens$/.test(path)) {
    if (world.installation.state === 'suspended')
      return { status: 403, body: { message: 'This installation has been suspended' } }
    if (world.installation.state === 'removed') return { status: 404, body: { message: 'Not Found' } }
  }
  return path.startsWith('/app')
    ? null
    : { status: 401, body: { message: 'This endpoint needs an installation token' } }
}

function listDeliveries(deliveries: Deliveries, query: URLSearchParams): ApiResponse {
  const perPage = Math.min(100, Number(query.get('per_page') ?? 30))
  const before = Number(query.get('cursor') ?? Number.POSITIVE_INFINITY)
  const status = query.get('status')
  // `failure` means an answer of 400 to 599: a receiver that was not reached at all is not among them.
  const wanted = (delivery: Delivery) =>
    status === null ||
    (status === 'success' ? delivery.status === 'OK' : delivery.statusCode >= 400 && delivery.statusCode < 600)
  const found = deliveries.log
    .filter((delivery) => delivery.id < before && wanted(delivery))
    .toSorted((one, other) => other.id - one.id)
  const shown = found.slice(0, perPage)
  const last = shown.at(-1)
  const next =
    shown.length < found.length && last ? { link: `<?per_page=${perPage}&cursor=${last.id}>; rel="next"` } : {}
  return { status: 200, body: shown.map(deliverySummary), headers: next }
}

function deliverySummary(delivery: Delivery): object {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  }
}

const LATEST_API_VERSION = '2026-03-10'
