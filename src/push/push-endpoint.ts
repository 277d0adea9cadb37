// Browsers name the address that Andon shall post to, so it is believed only if it belongs to a push service of a browser's
// maker. That is stricter than to refuse private addresses: nobody makes Andon knock at any other door, inside or outside.
import { createHash } from 'node:crypto'

/** Chrome and most browsers like it, Firefox, Safari, Edge. */
const SERVICES = ['fcm.googleapis.com', 'push.services.mozilla.com', 'push.apple.com', 'notify.windows.com']
const MAX_LENGTH = 1_000

/** The host of the address; null when it is none of a push service. */
export function pushServiceOf(endpoint: string): string | null {
  if (endpoint.length > MAX_LENGTH || !URL.canParse(endpoint)) return null
  const { protocol, hostname, port, username, password } = new URL(endpoint)
  const isPlain = protocol === 'https:' && `${port}${username}${password}` === ''
  const isKnown = SERVICES.some((service) => hostname === service || hostname.endsWith(`.${service}`))
  return isPlain && isKnown ? hostname : null
}

/** What a browser is recognised by. */
export function hashEndpoint(endpoint: string): string {
  return createHash('sha256').update(endpoint).digest('base64url')
}
