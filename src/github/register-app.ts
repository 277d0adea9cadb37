// The end of GitHub's manifest flow: the code that it sends the browser back with becomes the App and its credentials.
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
import { asNumber, asString, expectObject, expectPresent } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import { API_HEADERS, sendPlain } from './plain-request.ts'

/** What GitHub gives once. */
export type RegisteredApp = {
  readonly appId: number
  readonly name: string
  /** The App's page at GitHub. */
  readonly pageUrl: string
  readonly privateKey: string
  readonly webhookSecret: string
  readonly client: { readonly id: string; readonly secret: string }
}

/** GitHub does not know the code: it was used, is older than an hour, or never was one. */
export class CodeRefused extends Error {
  override readonly name = 'CodeRefused'
}

/** Exchanges the code, which works once; rejects with CodeRefused or a GitHubFailure. */
export async function exchangeManifestCode(o: {
  readonly apiUrl: string
  readonly code: string
  readonly fetch: typeof fetch
}): Promise<RegisteredApp> {
  const url = `${o.apiUrl}/app-manifests/${encodeURIComponent(o.code)}/conversions`
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const { status, body } = await sendPlain(o.fetch, url, { method: 'POST', headers: API_HEADERS, signal })
  if (status === 404 || status === 422) throw new CodeRefused(`GitHub answered ${status}`)
  if (status !== 201) throw new GitHubFailure('retryable', `GitHub answered ${status}`)
  const app = expectObject(body, 'the answer')
  const text = (field: string) => expectPresent(asString(app[field]), field)
  return {
    appId: expectPresent(asNumber(app.id), 'id'),
    name: text('name'),
    pageUrl: text('html_url'),
    privateKey: text('pem'),
    webhookSecret: text('webhook_secret'),
    client: { id: text('client_id'), secret: text('client_secret') },
  }
}

const TIMEOUT_MS = 10_000
