// The secret that GitHub signs the App's deliveries with, set as the App.
// https://docs.github.com/en/rest/apps/webhooks#update-a-webhook-configuration-for-an-app
import { asString, expectObject, expectPresent } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import type { SendRequest } from './request.ts'

/** Throws only GitHubFailure. Sent twice, it does no harm. */
export async function setWebhookSecret(call: SendRequest, secret: string): Promise<void> {
  const { body } = await call(null, 'read', 'GET /app/hook/config').catch((failure: unknown) => {
    if (failure instanceof GitHubFailure && failure.kind === 'not_found')
      throw new GitHubFailure('not_found', 'the App has no active webhook', { cause: failure })
    throw failure
  })
  const { url, content_type, insecure_ssl } = expectObject(body, "the webhook's settings")
  // Everything else is sent as it is: GitHub does not promise to leave alone what a request does not name.
  const rest = { content_type: asString(content_type) ?? 'json', insecure_ssl: String(insecure_ssl ?? '0') }
  const address = asString(url)
  // As `data`: a parameter `url` would be where Octokit sends the request.
  const data = { ...rest, ...(address !== null && { url: address }), secret }
  const changed = await call(null, 'change', 'PATCH /app/hook/config', { data })
  // A page of a proxy is no answer.
  expectPresent(asString(expectObject(changed.body, "the webhook's settings").secret), 'secret')
}
