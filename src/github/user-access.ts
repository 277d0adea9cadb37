// GitHub's web flow for the App, and what a user's token lets the App see.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
import { asNumber, asObject, asString, expectObject, expectObjects, expectPresent, unreadable } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import { API_HEADERS, type PlainAnswer, sendPlain } from './plain-request.ts'

/** What GitHub gives for a code or a refresh token; times are in seconds from now, null for never. */
export type UserTokens = {
  readonly accessToken: string
  readonly expiresInSeconds: number | null
  readonly refreshToken: string | null
}

/** GitHub said no to a code or to a token: trying again does not help. */
export class UserRefused extends Error {
  override readonly name = 'UserRefused'
}

/** Ids of the repositories that both the user and the App may see, and of those to which the user may write. */
export type ListedRepositories = { readonly seen: readonly number[]; readonly writable: readonly number[] }

/** Calls on behalf of one user. Each rejects with UserRefused or a GitHubFailure. */
export type UserAccess = {
  /** Where the browser is sent to sign in. */
  authorizeUrl(o: { state: string; challenge: string; redirectUri: string }): string
  exchangeCode(o: { code: string; verifier: string; redirectUri: string }): Promise<UserTokens>
  refresh(refreshToken: string): Promise<UserTokens>
  readUser(accessToken: string): Promise<{ readonly id: number; readonly login: string }>
  listRepositories(accessToken: string): Promise<ListedRepositories>
}

export function openUserAccess(o: {
  readonly clientId: string
  readonly clientSecret: string
  readonly githubUrl: string
  readonly apiUrl: string
  readonly fetch: typeof fetch
}): UserAccess {
  const { clientId, githubUrl, apiUrl } = o

  async function requestTokens(fields: Readonly<Record<string, string>>): Promise<UserTokens> {
    const body = new URLSearchParams({ client_id: clientId, client_secret: o.clientSecret, ...fields })
    const { status, body: answer } = await sendPlain(o.fetch, `${githubUrl}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json', 'user-agent': 'andon' },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    // GitHub answers a code or a token that it does not accept with 200.
    const error = asString(asObject(answer)?.error)
    if (error !== null) throw new UserRefused(error)
    if (status !== 200) throw new GitHubFailure('retryable', `GitHub answered ${status}`)
    const tokens = expectObject(answer, 'the answer')
    return {
      accessToken: expectPresent(asString(tokens.access_token), 'access_token'),
      expiresInSeconds: asNumber(tokens.expires_in),
      refreshToken: asString(tokens.refresh_token),
    }
  }

  async function get(path: string, accessToken: string, signal: AbortSignal): Promise<PlainAnswer> {
    const headers = { ...API_HEADERS, authorization: `Bearer ${accessToken}` }
    const answer = await sendPlain(o.fetch, apiUrl + path, { headers, signal })
    if (answer.status === 401) throw new UserRefused('GitHub does not accept the token')
    return answer
  }

  /** All pages of a list; null when GitHub keeps the list from the user. */
  async function listAll(
    path: string,
    field: string,
    accessToken: string,
    signal: AbortSignal,
  ): Promise<readonly ListedObject[] | null> {
    const all: ListedObject[] = []
    for (let page = 1; ; page++) {
      const { status, headers, body } = await get(`${path}?per_page=100&page=${page}`, accessToken, signal)
      if (isKeptBack(status, headers)) return null
      if (status !== 200) throw new GitHubFailure('retryable', `GitHub answered ${status}`)
      const items = expectObjects(expectObject(body, 'the answer')[field], field)
      all.push(
        ...items.map(({ id, permissions }) => ({
          id: expectPresent(asNumber(id), 'id'),
          // Where GitHub does not say, the control is offered: GitHub is asked when it is pressed.
          mayWrite: asObject(permissions)?.push !== false,
        })),
      )
      if (!/rel="next"/.test(headers.get('link') ?? '')) return all
    }
  }

  return {
    authorizeUrl({ state, challenge, redirectUri }) {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
      return `${githubUrl}/login/oauth/authorize?${query}`
    },
    exchangeCode: ({ code, verifier, redirectUri }) =>
      requestTokens({ code, code_verifier: verifier, redirect_uri: redirectUri }),
    refresh: (refreshToken) => requestTokens({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    async readUser(accessToken) {
      const { status, body } = await get('/user', accessToken, AbortSignal.timeout(REQUEST_TIMEOUT_MS))
      if (status !== 200) throw new GitHubFailure('retryable', `GitHub answered ${status}`)
      const { id, login } = expectObject(body, 'the answer')
      return { id: expectPresent(asNumber(id), 'id'), login: expectPresent(asString(login), 'login') }
    },
    async listRepositories(accessToken) {
      const signal = AbortSignal.timeout(LIST_TIMEOUT_MS)
      const installations = await listAll('/user/installations', 'installations', accessToken, signal)
      if (installations === null) throw unreadable('the installations are kept back')
      const lists: (readonly ListedObject[])[] = []
      // One after the other, as GitHub asks of its clients.
      for (const { id } of installations)
        lists.push((await listAll(`/user/installations/${id}/repositories`, 'repositories', accessToken, signal)) ?? [])
      const idsOf = (listed: readonly ListedObject[]) => [...new Set(listed.map(({ id }) => id))]
      const all = lists.flat()
      return { seen: idsOf(all), writable: idsOf(all.filter(({ mayWrite }) => mayWrite)) }
    },
  }
}

type ListedObject = { readonly id: number; readonly mayWrite: boolean }

/** A suspended installation, or an organisation that wants single sign-on first: nothing is seen there. A rate limit is no such answer. */
function isKeptBack(status: number, headers: Headers): boolean {
  if (status === 404) return true
  return status === 403 && headers.get('retry-after') === null && headers.get('x-ratelimit-remaining') !== '0'
}

const REQUEST_TIMEOUT_MS = 8_000
/** For all pages together: a viewer waits for them. */
const LIST_TIMEOUT_MS = 20_000
