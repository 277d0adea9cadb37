// The web flow of the App: a person allows it to know them, and the App gets a token that sees what both may see.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
import { createHash, randomBytes } from 'node:crypto'
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { escapeHtml } from './markdown.ts'
import { APP } from './organization.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { installationIdOf, type Repository, repositoryOf, userOf, type World } from './world.ts'

/** What an authorized App holds of a person. */
export type UserAuthorization = {
  readonly codes: Map<
    string,
    { readonly login: string; readonly challenge: string | null; readonly redirectUri: string }
  >
  readonly tokens: Map<string, { readonly login: string; readonly expiresAt: number }>
  /** Refresh token → its access token; each works once. */
  readonly refreshTokens: Map<string, { readonly login: string; readonly accessToken: string }>
  /** Those of the client, which may have several. */
  readonly secrets: Set<string>
  /** `login repository id` → whether this person sees it, where that differs from their role. */
  readonly access: Map<string, boolean>
  /** Who is signed in at GitHub in the browser that installed the App, and has authorized it there. */
  browser: string | null
}

export const CLIENT = { id: 'Iv23liFakeClient', secret: 'a-client-secret-of-this-github-only' } as const

export function openAuthorization(): UserAuthorization {
  return {
    codes: new Map(),
    tokens: new Map(),
    refreshTokens: new Map(),
    secrets: new Set<string>([CLIENT.secret]),
    access: new Map(),
    browser: null,
  }
}

/** Requests of browsers and of the App in the flow; null for other paths. */
export function respondToSignIn(request: ApiRequest, world: World): ApiResponse | null {
  const { method, path, query } = request
  if (path === '/login/oauth/authorize' && method === 'GET') return authorizePage(world, query)
  if (path === '/login/oauth/access_token' && method === 'POST') return exchange(world, request.form)
  return null
}

/** GitHub asks the person; whoever names themselves with `login` has said yes. */
function authorizePage(world: World, query: URLSearchParams): ApiResponse {
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== CLIENT.id || !URL.canParse(redirectUri)) return { status: 404, body: 'Not Found' }
  const challenge = query.get('code_challenge')
  if (challenge !== null && query.get('code_challenge_method') !== 'S256') return { status: 400, body: 'Only S256' }
  const login = query.get('login') ?? world.authorization.browser
  if (login === null) return { status: 200, body: choicePage(world, query) }
  const code = giveCode(world, login, redirectUri, challenge)
  const location = new URL(redirectUri)
  location.searchParams.set('code', code)
  location.searchParams.set('state', query.get('state') ?? '')
  return { status: 302, body: null, headers: { location: location.href } }
}

function giveCode(world: World, login: string, redirectUri: string, challenge: string | null): string {
  const code = randomBytes(10).toString('hex')
  world.authorization.codes.set(code, { login: userOf(world, login).login, challenge, redirectUri })
  return code
}

/** The person who installs the App authorizes it with the same click; GitHub does not ask again. */
export function authorizeInBrowser(world: World, login: string, redirectUri: string): string {
  world.authorization.browser = login
  return giveCode(world, login, redirectUri, null)
}

function choicePage(world: World, query: URLSearchParams): string {
  const people = [...world.users.values()].filter(({ type }) => type === 'User')
  const links = people.map(({ login }) => {
    const href = `/login/oauth/authorize?${new URLSearchParams([...query, ['login', login]])}`
    return `<li><a href="${escapeHtml(href)}">Authorize as ${escapeHtml(login)}</a></li>`
  })
  return `<!doctype html><title>Authorize ${APP.name}</title><h1>Authorize ${APP.name}</h1><ul>${links.join('')}</ul>`
}

function exchange(world: World, form: URLSearchParams): ApiResponse {
  const { codes, tokens, refreshTokens, secrets } = world.authorization
  const refuse = (error: string): ApiResponse => ({ status: 200, body: { error, error_description: error } })
  if (form.get('client_id') !== CLIENT.id || !secrets.has(form.get('client_secret') ?? ''))
    return refuse('incorrect_client_credentials')
  if (form.get('grant_type') === 'refresh_token') {
    const used = refreshTokens.get(form.get('refresh_token') ?? '')
    if (used === undefined) return refuse('bad_refresh_token')
    refreshTokens.delete(form.get('refresh_token') ?? '')
    tokens.delete(used.accessToken)
    return { status: 200, body: issueUserTokens(world, used.login) }
  }
  const code = form.get('code') ?? ''
  const asked = codes.get(code)
  // A code works once, whether or not the rest is right.
  codes.delete(code)
  if (asked === undefined) return refuse('bad_verification_code')
  if (asked.redirectUri !== form.get('redirect_uri')) return refuse('redirect_uri_mismatch')
  const hash = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  if (asked.challenge !== null && asked.challenge !== hash) return refuse('bad_verification_code')
  return { status: 200, body: issueUserTokens(world, asked.login) }
}

function issueUserTokens(world: World, login: string): object {
  const accessToken = `ghu_${randomBytes(18).toString('base64url')}`
  const refreshToken = `ghr_${randomBytes(18).toString('base64url')}`
  world.authorization.tokens.set(accessToken, { login, expiresAt: world.clock.nowMs() + LIFETIME_SECONDS * 1000 })
  world.authorization.refreshTokens.set(refreshToken, { login, accessToken })
  return {
    access_token: accessToken,
    expires_in: LIFETIME_SECONDS,
    refresh_token: refreshToken,
    refresh_token_expires_in: 15_897_600,
    scope: '',
    token_type: 'bearer',
  }
}

/** Requests with a person's token. */
export function respondToUser({ path, query }: ApiRequest, login: string, world: World): ApiResponse {
  if (path === '/user') return { status: 200, body: userOf(world, login) }
  const seen = [...world.repositories.values()].filter((repository) => isSeenBy(world, login, repository))
  if (path === '/user/installations') {
    const ids = world.installation.state === 'removed' ? [] : seen.map(({ id }) => installationIdOf(world, id))
    const installations = [...new Set(ids)].map((id) => ({ id, app_id: APP.id, account: { login: 'acme' } }))
    return listOf('installations', installations, path, query)
  }
  const id = Number(/^\/user\/installations\/(\d+)\/repositories$/.exec(path)?.[1])
  if (Number.isNaN(id)) return { status: 403, body: { message: 'Resource not accessible by integration' } }
  if (world.installation.state === 'suspended')
    return { status: 403, body: { message: 'This installation has been suspended' } }
  const role = world.permissions.get(login) ?? 'read'
  const push = ['admin', 'maintain', 'write'].includes(role)
  const repositories = seen
    .filter((repository) => installationIdOf(world, repository.id) === id)
    .map((repository) => ({ ...repository, permissions: { admin: role === 'admin', push, pull: true } }))
  return listOf('repositories', repositories, path, query)
}

function listOf(name: string, all: readonly object[], path: string, query: URLSearchParams): ApiResponse {
  const headers = linkToNextPage(all, query, path)
  return { status: 200, body: { total_count: all.length, [name]: pageOf(all, query) }, headers }
}

/** Whether GitHub shows a repository to a person through the App. */
function isSeenBy(world: World, login: string, { id }: Repository): boolean {
  if (world.installation.removedRepositoryIds.has(id)) return false
  const role = world.permissions.get(login)
  return world.authorization.access.get(`${login} ${id}`) ?? (role !== undefined && role !== 'none')
}

export function grantAccess(world: World, login: string, fullName: string, sees: boolean): void {
  world.authorization.access.set(`${login} ${repositoryOf(world, fullName).id}`, sees)
}

/** The person takes the authorization back: nothing of theirs works any more. */
export function forgetAuthorization({ authorization }: World, login: string): void {
  for (const held of [authorization.codes, authorization.tokens, authorization.refreshTokens])
    for (const [key, value] of held) if (value.login === login) held.delete(key)
}

const LIFETIME_SECONDS = 8 * 3_600
