// Where GitHub posts deliveries: to the board's host, or, where GitHub cannot reach it, to a webhook proxy.
import { WEBHOOK_PATH } from '../inbox/guard.ts'
import { isLocalUrl } from '../text/local-url.ts'
import { type Environment, readHttpUrl, StartupError } from './environment.ts'

/** The address to enter at GitHub: a proxy's counts where the board itself is at an address of this machine. */
export function webhookUrlOf(o: { readonly baseUrl: string; readonly webhookProxyUrl: string | null }): string {
  return o.webhookProxyUrl !== null && isLocalUrl(o.baseUrl) ? o.webhookProxyUrl : o.baseUrl + WEBHOOK_PATH
}

/** The channel of a webhook proxy; null for none. */
export function readWebhookProxyUrl(environment: Environment, production: boolean): string | null {
  if (!environment.WEBHOOK_PROXY_URL) return null
  if (production)
    throw new StartupError(
      'WEBHOOK_PROXY_URL is for development only: whoever knows a channel reads what passes through it; unset it, and let GitHub post to BASE_URL.',
    )
  const url = readHttpUrl(environment, 'WEBHOOK_PROXY_URL', 'https://smee.io/AbCdEfGhIjKlMnOp')
  const { pathname, username, password } = new URL(url)
  if (pathname === '/' || username + password !== '')
    throw new StartupError(
      'WEBHOOK_PROXY_URL names no channel: open https://smee.io/new and copy the address that it leads to.',
    )
  return url
}
