// Requests of the App as itself: its webhook, its installations, and tokens for them.
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { toGitHubTimestamp } from './clock.ts'
import type { Deliveries } from './deliveries.ts'
import { respondToHook } from './hook-routes.ts'
import { issueToken } from './identity.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { appJson, installationJson } from './payloads.ts'
import { installationIdOf, type World } from './world.ts'

export function respondToApp(request: ApiRequest, o: { world: World; deliveries: Deliveries }): ApiResponse {
  const { world } = o
  const { method, path, query } = request
  if (path === '/app' && method === 'GET') return { status: 200, body: appJson(world) }
  const ofHook = respondToHook(request, o)
  if (ofHook !== null) return ofHook
  if (path === '/app/installations' && method === 'GET') return listInstallations(world, query)
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
/** Those that there are, suspended ones too. */
function listInstallations(world: World, query: URLSearchParams): ApiResponse {
  const ids = world.installation.state === 'removed' ? [] : [world.installation.id]
  const all = [...new Set([...ids, ...world.ownInstallations.values()])]
  const body = pageOf(all, query).map((id) => installationJson(world, id))
  return { status: 200, body, headers: linkToNextPage(all, query, `${world.url}/app/installations`) }
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
