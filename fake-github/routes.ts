// The API, as far as the App uses it.

import { whyRefused } from './access.ts'
import type { Actions } from './actions.ts'
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { type RegistrationContext, respondToRegistration } from './app-registration.ts'
import { respondToApp } from './app-routes.ts'
import { respondToCheckRuns } from './check-runs.ts'
import type { Deliveries } from './deliveries.ts'
import type { RepositoryFiles } from './files.ts'
import { executeGraphql } from './graphql.ts'
import { graphqlRoots } from './graphql-schema.ts'
import { respondToComments } from './issue-comments.ts'
import { respondToIssues } from './issue-routes.ts'
import { APP } from './organization.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { respondToSignIn, respondToUser } from './sign-in.ts'
import { whyInvalidWrite } from './validation.ts'
import type { Webhooks } from './webhooks.ts'
import type { InstallationToken, Repository, World } from './world.ts'

export type RouteContext = {
  readonly world: World
  readonly webhooks: Webhooks
  readonly actions: Actions
  readonly files: RepositoryFiles
  readonly deliveries: Deliveries
} & RegistrationContext

/** Answers a request. */
export async function route(request: ApiRequest, parts: RouteContext): Promise<ApiResponse> {
  const { world } = parts
  const { method, path, identity } = request
  const signIn = respondToSignIn(request, world) ?? respondToRegistration(request, parts)
  if (signIn !== null) return signIn
  if (identity.kind === 'anonymous') return { status: 401, body: { message: identity.why } }
  if (identity.kind === 'user') return respondToUser(request, identity.login, world)
  if (identity.kind === 'app') return respondToApp(request, parts)
  if (path.startsWith('/app/') || path === '/app')
    return { status: 401, body: { message: 'A JSON web token could not be decoded' } }
  if (world.installation.state === 'suspended')
    return { status: 403, body: { message: 'This installation has been suspended' } }
  if (path === '/graphql' && method === 'POST')
    return { status: 200, body: await executeGraphql(graphqlRoots(world), request.body) }
  if (path === '/installation/repositories') return listRepositories(world, identity.token, request.query)
  const [, fullName = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)\/?(.*)$/.exec(path) ?? []
  const repository = world.repositories.get(fullName)
  const isReached =
    repository &&
    !world.installation.removedRepositoryIds.has(repository.id) &&
    (identity.token.repositoryIds?.includes(repository.id) ?? true)
  return isReached ? routeRepository(request, parts, repository, rest) : NOT_FOUND
}

const NOT_FOUND: ApiResponse = { status: 404, body: { message: 'Not Found' } }

function routeRepository(
  request: ApiRequest,
  { world, webhooks, actions, files }: RouteContext,
  repository: Repository,
  path: string,
): ApiResponse {
  const { method, query, body } = request
  const fullName = repository.full_name
  const refused = whyRefused(world, request, repository, path)
  if (refused !== null) return refused
  if (method === 'GET' && path === '') return { status: 200, body: repository }
  if (path.startsWith('actions/')) {
    const asked =
      request.apiVersion === LATEST_API_VERSION && path.endsWith('/dispatches')
        ? { ...(body as object), return_run_details: true }
        : body
    return actions.respond(method, fullName, path.slice('actions/'.length), query, asked) ?? NOT_FOUND
  }
  if (method === 'GET' && path.startsWith('contents/'))
    return files.respond(fullName, path.slice('contents/'.length).split('/').map(decodeURIComponent).join('/'))
  const annotated = method === 'GET' ? /^check-runs\/(\d+)\/annotations$/.exec(path)?.[1] : undefined
  if (annotated !== undefined) return actions.respondWithAnnotations(fullName, Number(annotated))
  const login = /^collaborators\/([^/]+)\/permission$/.exec(path)?.[1]
  if (login !== undefined) return getPermission(world, decodeURIComponent(login))
  const app = { world, webhooks, send: webhooks.send, repository, path, by: `${APP.slug}[bot]` }
  return (
    whyInvalidWrite(request, path, (sha) => world.git.hasCommit(repository.id, sha)) ??
    respondToIssues(request, app) ??
    respondToComments(request, app) ??
    respondToCheckRuns(request, app) ??
    NOT_FOUND
  )
}

function listRepositories(world: World, { repositoryIds }: InstallationToken, query: URLSearchParams): ApiResponse {
  const all = [...world.repositories.values()].filter(
    ({ id }) => !world.installation.removedRepositoryIds.has(id) && (repositoryIds?.includes(id) ?? true),
  )
  const body = { total_count: all.length, repository_selection: 'selected', repositories: pageOf(all, query) }
  return { status: 200, body, headers: linkToNextPage(all, query, `${world.url}/installation/repositories`) }
}

// Every user may read a public repository, so only an unknown login is not found.
function getPermission(world: World, login: string): ApiResponse {
  const user = world.users.get(login)
  const role = world.permissions.get(login)
  if (!user || role === undefined) return { status: 404, body: { message: `${login} is not a user` } }
  const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role
  return { status: 200, body: { permission, role_name: role, user } }
}

const LATEST_API_VERSION = '2026-03-10'
