// The token by which the App itself asks. GitHub refuses one that is dated in its future, so it is dated by our corrected clock
// and not by the machine's: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
import { sign } from 'node:crypto'

const LASTS_SECONDS = 600
/** Clocks differ a little. */
const EARLIER_SECONDS = 30

/** `secondsLater` is what GitHub's clock was found to be ahead. */
export function signAppJwt(
  { appId, privateKey, now }: { readonly appId: number; readonly privateKey: string; readonly now: string },
  secondsLater = 0,
): { readonly jwt: string; readonly expiresAt: string } {
  const iat = Math.floor(Date.parse(now) / 1000) + secondsLater - EARLIER_SECONDS
  const exp = iat + LASTS_SECONDS
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat, exp, iss: appId })}`
  const signature = sign('RSA-SHA256', Buffer.from(unsigned), privateKey).toString('base64url')
  return { jwt: `${unsigned}.${signature}`, expiresAt: new Date(exp * 1000).toISOString() }
}
