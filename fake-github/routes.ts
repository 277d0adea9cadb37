// What the proxy answers itself: the parts of the API that the emulator lacks or gets wrong.
import type { Actions } from './actions.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { Files } from './files.ts'
import { answerGraphql } from './graphql.ts'
import { graphOf } from './graphql-schema.ts'
import type { Identity } from './identity.ts'
import { refusedWrite } from './validation.ts'
import type { Comment, Repository, World } from './world.ts'

export type Answer = { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }

export type Request = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly identity: Identity
  readonly apiVersion: string | undefined
}

export type Parts = {
  readonly world: World
  readonly actions: Actions
  readonly files: Files
  readonly deliveries: Deliveries
  freshToken(presented: string): Promise<string>
  headOf(fullName: string, branch: string): Promise<string | null>
  /** Asks the emulator, as whoever asked. */
  ask<T>(path: string): Promise<T>
  knowsCommit(fullName: string, sha: string): Promise<boolean>
}

/** Answers a request, or null to let the emulator answer it. */
export async function answerHere(request: Request, parts: Parts): Promise<Answer | null> {
  const { world } = parts
  const { method, path, identity } = request
  if (identity.as === 'nobody') return { status: 401, body: { message: identity.why } }
  if (identity.as === 'app') return answerApp(request, parts)
  if (path.startsWith('/app/') || path === '/app')
    return { status: 401, body: { message: 'A JSON web token could not be decoded' } }
  if (identity.as === 'installation' && world.installation.state === 'suspended') {
    return { status: 403, body: { message: 'This installation has been suspended' } }
  }
  if (path === '/graphql' && method === 'POST') {
    return { status: 200, body: await answerGraphql(graphOf(world, parts.headOf), request.body) }
  }
  if (path === '/installation/repositories') return listRepositories(world)
  const place = /^\/repos\/([^/]+\/[^/]+)\/?(.*)$/.exec(path)
  if (!place) return null
  const [, fullName = '', rest = ''] = place
  const repository = world.repositories.get(fullName)
  if (!repository || world.installation.without.has(repository.id))
    return { status: 404, body: { message: 'Not Found' } }
  return answerRepository(request, parts, repository, rest)
}

async function answerRepository(
  request: Request,
  parts: Parts,
  repository: Repository,
  rest: string,
): Promise<Answer | null> {
  const { world, actions } = parts
  const { method, query, body } = request
  const fullName = repository.full_name
  if (rest.startsWith('actions/')) {
    const mayWrite = request.identity.as !== 'installation' || world.grant.permissions.actions === 'write'
    if (method !== 'GET' && !mayWrite)
      return { status: 403, body: { message: 'Resource not accessible by integration' } }
    const asked =
      request.apiVersion === NEWEST_API && rest.endsWith('/dispatches')
        ? { ...(body as object), return_run_details: true }
        : body
    return actions.answer(method, fullName, rest.slice('actions/'.length), query, asked, (branch) =>
      parts.headOf(fullName, branch),
    )
  }
  if (method === 'GET' && rest.startsWith('contents/'))
    return parts.files.answer(fullName, rest.slice('contents/'.length).split('/').map(decodeURIComponent).join('/'))
  const login = /^collaborators\/([^/]+)\/permission$/.exec(rest)?.[1]
  if (login !== undefined) return permissionOf(world, decodeURIComponent(login))
  if (method === 'POST' && /\/reactions$/.test(rest)) return react(world, `${fullName}/${rest}`, body, request.identity)
  const issue = /^issues\/(\d+)(\/comments)?/.exec(rest)
  if (issue && world.gone.has(`${fullName}#${issue[1]}`))
    return { status: 410, body: { message: 'This issue was deleted' } }
  if (issue?.[2] && method === 'GET')
    return listComments(request, parts, `/repos/${fullName}/issues/${issue[1]}/comments`)
  return refusedWrite(request, rest, (sha) => parts.knowsCommit(fullName, sha))
}

// The emulator compares `since` as text, to the millisecond; here it is whole seconds of this GitHub's clock.
async function listComments(request: Request, parts: Parts, path: string): Promise<Answer> {
  const since = request.query.get('since')
  const perPage = Math.min(100, Number(request.query.get('per_page') ?? 30))
  const page = Number(request.query.get('page') ?? 1)
  const all: Comment[] = []
  for (let from = 1, more = true; more; from++) {
    const part = await parts.ask<Comment[]>(`${path}?per_page=100&page=${from}`)
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

function listRepositories(world: World): Answer {
  const repositories = [...world.repositories.values()].filter(
    (repository) => !world.installation.without.has(repository.id),
  )
  return { status: 200, body: { total_count: repositories.length, repository_selection: 'selected', repositories } }
}

// Anybody may read a public repository, so only a login that does not exist is not found.
function permissionOf(world: World, login: string): Answer {
  const user = world.users.get(login)
  const role = world.permissions.get(login)
  if (!user || role === undefined) return { status: 404, body: { message: `${login} is not a user` } }
  const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role
  return { status: 200, body: { permission, role_name: role, user } }
}

const reactions = new WeakMap<World, Map<string, object>>()

// 201 the first time, 200 ever after.
function react(world: World, where: string, body: unknown, identity: Identity): Answer {
  const content = (body as { content?: string }).content
  const kept = reactions.get(world) ?? new Map<string, object>()
  reactions.set(world, kept)
  const key = `${where} ${content} ${identity.as}`
  const before = kept.get(key)
  const reaction = before ?? { id: world.nextId(), content, created_at: world.clock.instant() }
  kept.set(key, reaction)
  return { status: before ? 200 : 201, body: reaction }
}

async function answerApp(request: Request, parts: Parts): Promise<Answer | null> {
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
          ...deliveryBrief(delivery),
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

function listDeliveries(deliveries: Deliveries, query: URLSearchParams): Answer {
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
  return { status: 200, body: shown.map(deliveryBrief), headers: next }
}

function deliveryBrief(delivery: Delivery): object {
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

const NEWEST_API = '2026-03-10'
