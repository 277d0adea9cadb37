// One authenticated request. There is no retry and no throttle here, on purpose: both would repeat requests that are
// not ours to repeat. The outbox decides what is sent again, and its budget when.
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/core'
import type { Logger } from 'pino'
import { classifyFailure, GitHubFailure, type RequestIntent } from './failure.ts'

/** A repository as GitHub's API addresses it, and the installation through which we reach it. */
export type RepositoryAccess = {
  readonly installationId: number
  readonly repositoryId: number
  readonly owner: string
  readonly name: string
}

export type GitHubResponse = { readonly status: number; readonly body: unknown; readonly hasNextPage: boolean }

/**
 * Sends one request as the installation or, with `access` null, as the App itself. After `sendBy` it is not sent any more.
 * Throws only GitHubFailure.
 */
export type SendRequest = (
  access: RepositoryAccess | null,
  intent: RequestIntent,
  route: string,
  parameters?: Readonly<Record<string, unknown>>,
  sendBy?: string,
) => Promise<GitHubResponse>

export type GitHubOptions = {
  readonly appId: number
  readonly privateKey: string
  readonly apiUrl: string
  readonly fetch?: typeof fetch
  readonly now: () => string
  readonly log: Logger
  /** Shorter than any claim, so that nobody else takes over what is still on its way. */
  readonly timeoutMs?: number
}

export function openRequests(o: GitHubOptions): SendRequest {
  // GitHub Enterprise Server: REST under /api/v3, GraphQL at /api/graphql.
  const graphqlBase = o.apiUrl.replace(/\/v3$/, '')
  const timeoutMs = o.timeoutMs ?? REQUEST_TIMEOUT_MS
  const request = { fetch: withTimeout(o.fetch ?? fetch, timeoutMs), log: debugLoggerOf(o.log) }
  const options = { baseUrl: o.apiUrl, userAgent: 'andon', log: debugLoggerOf(o.log), request }
  const app = new Octokit({
    ...options,
    authStrategy: createAppAuth,
    auth: { appId: o.appId, privateKey: o.privateKey },
  })
  // Its own hook would send a token for every repository of the installation; ours are for one repository each.
  const plain = new Octokit(options)

  async function token(access: RepositoryAccess, refresh: boolean): Promise<string> {
    const { installationId, repositoryId } = access
    const wanted = { type: 'installation', installationId, repositoryIds: [repositoryId], refresh } as const
    try {
      return ((await app.auth(wanted)) as { token: string }).token
    } catch (error) {
      // Nothing was sent to the repository yet; and an installation that is gone does not make its comments gone.
      const failure = classifyFailure(error, 'read', o.now())
      throw failure.kind === 'not_found'
        ? new GitHubFailure('refused', `no token: ${failure.message}`, { cause: error })
        : failure
    }
  }

  return async function call(access, intent, route, parameters = {}, sendBy) {
    const request = {
      signal: AbortSignal.timeout(timeoutMs),
      // A redirected POST would arrive as a GET.
      redirect: intent === 'read' ? 'follow' : 'manual',
    } as const
    const version = { 'x-github-api-version': API_VERSION }
    const send = async (refresh: boolean) => {
      if (access === null) return await app.request(route, { ...parameters, headers: version, request })
      const headers = { ...version, authorization: `token ${await token(access, refresh)}` }
      const place = route.endsWith(' /graphql') ? { baseUrl: graphqlBase } : { owner: access.owner, repo: access.name }
      // A process that was held up has lost the right to send it by now, and must not find that out afterwards.
      if (sendBy !== undefined && o.now() > sendBy)
        throw new GitHubFailure('retryable', 'not sent: it had become too late')
      return await plain.request(route, { ...place, ...parameters, headers, request })
    }
    try {
      // 401 means that nothing was done, so a fresh token may try once more, whatever the intent.
      const response = await send(false).catch((error) => {
        if (access !== null && (error as { status?: unknown }).status === 401) return send(true)
        throw error
      })
      if (response.status >= 300) throw new GitHubFailure('retryable', `GitHub answered ${response.status}: moved`)
      const hasNextPage = /rel="next"/.test(String(response.headers.link ?? ''))
      return { status: response.status, body: response.data, hasNextPage }
    } catch (error) {
      throw classifyFailure(error, intent, o.now())
    }
  }
}

// Known to GitHub Enterprise Server too; supported until March 2028.
const API_VERSION = '2022-11-28'
const REQUEST_TIMEOUT_MS = 10_000

/** Every request ends in time, also the one for a token, which several calls may wait for. */
function withTimeout(send: typeof fetch, timeoutMs: number): typeof fetch {
  return (input, init) => send(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(timeoutMs) })
}

/** Octokit warns about deprecations with every single response. */
function debugLoggerOf(log: Logger) {
  const note = (message: string) => log.debug({ github: message }, 'octokit')
  return { debug: () => undefined, info: () => undefined, warn: note, error: note }
}
