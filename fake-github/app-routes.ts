// Requests of the App as itself: its deliveries, and tokens for its installation.
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { toGitHubTimestamp } from './clock.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import { issueToken } from './identity.ts'
import { appJson, installationJson } from './payloads.ts'
import { installationIdOf, type World } from './world.ts'

export function respondToApp(request: ApiRequest, o: { world: World; deliveries: Deliveries }): ApiResponse {
  const { world, deliveries } = o
  const { method, path, query } = request
  if (path === '/app' && method === 'GET') return { status: 200, body: appJson(world) }
  if (path === '/app/hook/deliveries') return listDeliveries(deliveries, query)
  const [, id, attempts] = /^\/app\/hook\/deliveries\/(\d+)(\/attempts)?$/.exec(path) ?? []
  if (id !== undefined) {
    const delivery = deliveries.log.find((candidate) => candidate.id === Number(id))
    if (!delivery) return NOT_FOUND
    if (attempts === undefined) return { status: 200, body: deliveryJson(delivery) }
    void deliveries.redeliver(delivery.id)
    return { status: 202, body: {} }
  }
  if (path === '/app/hook/config') return { status: 200, body: HOOK }
  const [, read] = /^\/app\/installations\/(\d+)$/.exec(path) ?? []
  if (read !== undefined) {
    const isThere = isKnownInstallation(world, Number(read)) && world.installation.state !== 'removed'
    return isThere ? { status: 200, body: installationJson(world, Number(read)) } : NOT_FOUND
  }
  const [, fullName] = /^\/repos\/([^/]+\/[^/]+)\/installation$/.exec(path) ?? []
  if (fullName !== undefined) {
    const { state, removedRepositoryIds } = world.installation
    const repository = world.repositories.get(fullName)
    const isReached = repository !== undefined && !removedRepositoryIds.has(repository.id) && state !== 'removed'
    return isReached
      ? { status: 200, body: installationJson(world, installationIdOf(world, repository.id)) }
      : NOT_FOUND
  }
  if (/^\/repositories\/\d+\/installation$/.test(path)) return NOT_FOUND
  const installationId = Number(/^\/app\/installations\/(\d+)\/access_tokens$/.exec(path)?.[1])
  if (method === 'POST' && isKnownInstallation(world, installationId))
    return createToken(world, installationId, request.body)
  return path.startsWith('/app')
    ? NOT_FOUND
    : { status: 401, body: { message: 'This endpoint needs an installation token' } }
}

const NOT_FOUND: ApiResponse = { status: 404, body: { message: 'Not Found' } }
const HOOK = {
  content_type: 'json',
  insecure_ssl: '0',
  secret: '********',
  url: 'http://127.0.0.1/api/github/webhooks',
}

function isKnownInstallation(world: World, id: number): boolean {
  return id === world.installation.id || [...world.ownInstallations.values()].includes(id)
}

function createToken(world: World, installationId: number, body: unknown): ApiResponse {
  const { state, tokenRefusal, permissions } = world.installation
  if (tokenRefusal !== null) return { status: tokenRefusal.status, body: { message: tokenRefusal.message } }
  if (state === 'suspended') return { status: 403, body: { message: 'This installation has been suspended' } }
  if (state === 'removed') return NOT_FOUND
  const ids = (body as { repository_ids?: readonly number[] } | null)?.repository_ids ?? null
  const repositories = [...world.repositories.values()].filter(
    ({ id }) => ids?.includes(id) && installationIdOf(world, id) === installationId,
  )
  if (ids !== null && repositories.length < ids.length)
    return {
      status: 422,
      body: { message: 'There is at least one repository that does not exist or is not accessible' },
    }
  const { token, expiresAt } = issueToken(world, ids)
  return {
    status: 201,
    body: {
      token,
      expires_at: toGitHubTimestamp(expiresAt),
      permissions,
      repository_selection: ids === null ? 'all' : 'selected',
      ...(ids !== null && { repositories }),
    },
  }
}

function deliveryJson(delivery: Delivery): object {
  return {
    ...deliverySummary(delivery),
    request: { headers: {}, payload: JSON.parse(delivery.body) },
    response: { headers: {}, payload: null },
  }
}

function listDeliveries(deliveries: Deliveries, query: URLSearchParams): ApiResponse {
  const perPage = Math.min(100, Number(query.get('per_page') ?? 30))
  const before = Number(query.get('cursor') ?? Number.POSITIVE_INFINITY)
  const status = query.get('status')
  // `failure` means a status of 400 to 599: deliveries to an unreachable receiver are not among them.
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
