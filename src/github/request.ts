// One authenticated request, on purpose without retry or throttle: the outbox decides what is sent again, and its write
// budget decides when.
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/core'
import type { Logger } from 'pino'
import { isJsonContentType } from '../text/content-type.ts'
import { expectGitHubStatus } from './answer.ts'
import { type Overheard, overhearingClock, quotaOfHeaders } from './answer-headers.ts'
import { signAppJwt } from './app-jwt.ts'
import { classifyFailure, classifyTokenFailure, GitHubFailure, graphqlLimitOf, type RequestIntent } from './failure.ts'
import { permissionOfRoute } from './permissions.ts'
import { openQuietPeriods } from './quiet.ts'
import { followingRedirects } from './redirects.ts'

/** A repository as GitHub's API addresses it, and the installation that gives access to it. */
export type RepositoryAccess = {
  readonly installationId: number
  /** 0: all that the installation reaches. */
  readonly repositoryId: number
  readonly owner: string
  readonly name: string
  /** The issue or pull request that the request is about, if it is about one. */
  readonly issueNumber?: number | null
  /** Called before each request: what the requests are made for may take longer than one of them. */
  readonly beforeRequest?: () => Promise<void>
  /** The name is what counts, not the repository that once had it. */
  readonly onlyByName?: boolean
}

export type GitHubResponse = {
  readonly status: number
  readonly body: unknown
  readonly hasNextPage: boolean
  /** The address of the next page of a list. */
  readonly next: string | null
  /** GitHub's clock, to the second; null where the answer does not say. */
  readonly date: string | null
  /** Names what was answered. Sent with the next such request, GitHub answers 304 while nothing has changed. */
  readonly etag: string | null
}

/**
 * Sends one request as the installation or, with `access` null, as the App itself. Not sent after `sendBy`.
 * With `etag`, GitHub answers 304 and no body if it would be the same: that costs nothing of the rate limit. Throws only GitHubFailure.
 */
export type SendRequest = (
  access: RepositoryAccess | null,
  intent: RequestIntent,
  route: string,
  parameters?: Readonly<Record<string, unknown>>,
  o?: { readonly sendBy?: string | undefined; readonly etag?: string | null },
) => Promise<GitHubResponse>

export type GitHubOptions = {
  readonly appId: number
  readonly privateKey: string
  readonly apiUrl: string
  readonly fetch?: typeof fetch
  readonly now: () => string
  readonly log: Logger
  /** A repository answered under another name than the one it was called by. */
  readonly onMoved?: (access: RepositoryAccess) => void
  /** Shorter than any claim, so that no other worker takes over a request in flight. */
  readonly timeoutMs?: number
  /** Called after each request of an installation; a 5xx is no answer. */
  readonly answered?: (installationId: number, isAnswered: boolean) => void
  readonly overheard?: Overheard
}

export function openRequests(o: GitHubOptions): SendRequest {
  // GitHub Enterprise Server: REST under /api/v3, GraphQL at /api/graphql.
  const graphqlBase = o.apiUrl.replace(/\/v3$/, '')
  const timeoutMs = o.timeoutMs ?? REQUEST_TIMEOUT_MS
  const send = withTimeout(overhearingClock(o.fetch ?? fetch, o.now, o.overheard), timeoutMs)
  const { origin } = new URL(o.apiUrl)
  const quiet = openQuietPeriods(o.now)
  const request = { fetch: send, log: debugLoggerOf(o.log) }
  const options = { baseUrl: o.apiUrl, userAgent: 'andon', log: debugLoggerOf(o.log), request }
  const app = new Octokit({
    ...options,
    authStrategy: createAppAuth,
    auth: {
      appId: o.appId,
      createJwt: async (_: unknown, later?: number) => signAppJwt({ ...o, now: o.now() }, later),
    },
  })
  // Octokit's auth hook would send a token for the whole installation; ours are for one repository each.
  const plain = new Octokit(options)

  async function token(access: RepositoryAccess, refresh: boolean): Promise<string> {
    const { installationId, repositoryId } = access
    const narrowed = repositoryId === 0 ? {} : { repositoryIds: [repositoryId] }
    const options = { type: 'installation', installationId, ...narrowed, refresh } as const
    try {
      const answer = (await app.auth(options)) as { token: unknown }
      // Octokit caches an answer without a token, as text.
      const isToken = typeof answer.token === 'string' && answer.token !== 'undefined'
      if (isToken) return String(answer.token)
      if (refresh) throw new Error('GitHub answered without a token')
    } catch (error) {
      // Nothing was sent to the repository yet, and a missing installation does not mean that its comments are gone.
      throw classifyTokenFailure(error, o.now())
    }
    return await token(access, true)
  }

  function overhear(access: RepositoryAccess | null, headers: Parameters<typeof quotaOfHeaders>[0] | undefined): void {
    const quota = headers === undefined ? null : quotaOfHeaders(headers)
    if (quota !== null) o.overheard?.quota(access?.installationId ?? 0, quota)
  }

  return async function call(access, intent, route, parameters = {}, { sendBy, etag = null } = {}) {
    /** 0: the App itself. */
    const installationId = access?.installationId ?? 0
    let isMoved = false
    const request = {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'manual',
      fetch: followingRedirects(
        access === null ? withLargeIdsAsText(send) : send,
        access?.onlyByName === true ? null : origin,
        () => {
          isMoved = true
        },
      ),
    } as const
    const version = { 'x-github-api-version': API_VERSION, ...(etag !== null && { 'if-none-match': etag }) }
    const attempt = async (refresh: boolean) => {
      if (access === null) quiet.expectNone(installationId)
      if (access === null && !route.includes(' /repositories/'))
        return await app.request(route, { ...parameters, headers: version, request })
      if (access === null) {
        // Octokit does not know that these paths take the App's own token too.
        const { token: jwt } = (await app.auth({ type: 'app' })) as { token: string }
        const headers = { ...version, authorization: `bearer ${jwt}` }
        return await plain.request(route, { ...parameters, headers, request })
      }
      const headers = { ...version, authorization: `token ${await token(access, refresh)}` }
      const named = route.includes('{owner}') ? { owner: access.owner, repo: access.name } : {}
      const target = route.endsWith(' /graphql') ? { baseUrl: graphqlBase } : named
      // While the token was fetched, others may have met a limit.
      quiet.expectNone(installationId)
      // A process that was paused for too long has lost its claim, and must not send.
      if (sendBy !== undefined && o.now() > sendBy) throw new GitHubFailure('retryable', 'not sent: its time was up')
      return await plain.request(route, { ...target, ...parameters, headers, request })
    }
    await access?.beforeRequest?.()
    try {
      // After 401 nothing was done, so one more try with a fresh token is safe, whatever the intent.
      const response = await attempt(false).catch(async (error) => {
        const { status, response } = error as { status?: unknown; response?: OctokitResponse }
        if (status === 304 && etag !== null && response !== undefined) return { ...response, data: null }
        if (access === null || status !== 401) throw error
        await access.beforeRequest?.()
        return await attempt(true)
      })
      overhear(access, response.headers)
      if (response.status !== 304) {
        if (response.status >= 300) throw redirectFailureOf(response.status, access)
        expectGitHubStatus(response.status, intent)
      }
      const limit = route.endsWith(' /graphql') ? graphqlLimitOf(response.data ?? {}, response.headers, o.now()) : null
      if (limit !== null) throw limit
      if (access !== null) o.answered?.(installationId, true)
      // The name is learnt: a link with the old one may soon lead to another repository.
      if (isMoved && access !== null) o.onMoved?.(access)
      const link = String(response.headers.link ?? '')
      const hasNextPage = /rel="next"/.test(link)
      const next = /<([^<>]*)>;\s*rel="next"/.exec(link)?.[1] ?? null
      const { date = null, etag: found = null } = response.headers
      return { status: response.status, body: response.data, hasNextPage, next, date, etag: found }
    } catch (error) {
      overhear(access, (error as { response?: { headers?: Record<string, string> } }).response?.headers)
      const failure = classifyFailure(error, { intent, permission: permissionOfRoute(route) }, o.now())
      // It was not sent.
      if (quiet.isBecauseOf(installationId, failure)) throw failure
      quiet.begin(installationId, failure)
      // That there is no such installation is an answer, and not a refusal of the App.
      if (access === null) throw failure.kind === 'not_found' ? failure : classifyTokenFailure(error, o.now())
      o.answered?.(installationId, !failure.isOutage)
      throw failure
    }
  }
}

type OctokitResponse = Awaited<ReturnType<Octokit['request']>>

/** A redirect that was not followed: nothing was done. */
function redirectFailureOf(status: number, access: RepositoryAccess | null): GitHubFailure {
  if (access?.onlyByName)
    return new GitHubFailure('not_found', `GitHub has no repository ${access.owner}/${access.name}`)
  return new GitHubFailure('retryable', `GitHub redirects (${status}) to where Andon does not follow`)
}

// GitHub Enterprise Server knows it too; supported until March 2028.
const API_VERSION = '2022-11-28'
const REQUEST_TIMEOUT_MS = 10_000

/** Gives every request a timeout, also the one for a token, which several calls may wait for. */
function withTimeout(send: typeof fetch, timeoutMs: number): typeof fetch {
  return (input, init) => send(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(timeoutMs) })
}

/** The ids in the App's log of deliveries are larger than what a number holds exactly. */
function withLargeIdsAsText(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init)
    if (response.status !== 200 || !isJsonContentType(response.headers.get('content-type') ?? undefined))
      return response
    const text = (await response.text()).replaceAll(/("id"\s*:\s*)(\d{16,})/g, '$1"$2"')
    const { status, headers } = response
    return new Response(text, { status, headers })
  }
}

/** Octokit repeats its deprecation warnings with every response. */
function debugLoggerOf(log: Logger) {
  const debug = (message: string) => log.debug({ github: message }, 'octokit')
  return { debug: () => undefined, info: () => undefined, warn: debug, error: debug }
}
