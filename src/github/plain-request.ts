// One request to GitHub without the App's own token: on behalf of a user, or before there is an App.
import { parseJson } from '../text/parse-json.ts'
import { GitHubFailure } from './failure.ts'

export type PlainAnswer = {
  readonly status: number
  readonly headers: Headers
  /** Null where the answer is no JSON. */
  readonly body: unknown
}

/** What every request of GitHub's REST API is sent with. */
export const API_HEADERS = {
  accept: 'application/vnd.github+json',
  'user-agent': 'andon',
  'x-github-api-version': '2022-11-28',
} as const

/** Resolves to whatever GitHub answers; rejects with a GitHubFailure where it does not. */
export async function sendPlain(
  send: typeof fetch,
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<PlainAnswer> {
  try {
    // A redirect would carry the token or the code elsewhere.
    const response = await send(url, { ...init, redirect: 'manual' })
    return { status: response.status, headers: response.headers, body: parseJson(await response.text()) }
  } catch (error) {
    throw new GitHubFailure('retryable', 'GitHub does not answer', { isOutage: true, cause: error })
  }
}
