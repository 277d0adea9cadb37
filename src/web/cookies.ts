// Two cookies: the session, and what a browser keeps while its user is at GitHub.
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { SecretKeys } from '../sign-in/keys.ts'
import { KEPT_MS, SESSION_MS } from '../sign-in/sign-in.ts'
import type { RequestContext } from './site.ts'

export type SiteCookies = {
  /** The id of the session; null for none, and for one that we did not sign. */
  readSession(context: RequestContext): Promise<string | null>
  setSession(context: RequestContext, session: string): Promise<void>
  clearSession(context: RequestContext): void
  readKept(context: RequestContext): string | null
  setKept(context: RequestContext, kept: string): void
  clearKept(context: RequestContext): void
}

export function openCookies({ cookieKey }: SecretKeys, baseUrl: string): SiteCookies {
  // `__Host-`: no other host and no plain http can set it. A browser refuses that prefix without https.
  const isSecure = baseUrl.startsWith('https:')
  const prefix = isSecure ? ('host' as const) : undefined
  const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure, prefix } as CookieOptions
  const read = (context: RequestContext, name: string) => getCookie(context, name, prefix) ?? null
  return {
    readSession: async (context) => (await getSignedCookie(context, cookieKey, SESSION, prefix)) || null,
    setSession: (context, session) =>
      setSignedCookie(context, SESSION, session, cookieKey, { ...options, maxAge: SESSION_MS / 1000 }),
    clearSession: (context) => void deleteCookie(context, SESSION, options),
    readKept: (context) => read(context, KEPT),
    setKept: (context, kept) => setCookie(context, KEPT, kept, { ...options, maxAge: KEPT_MS / 1000 }),
    clearKept: (context) => void deleteCookie(context, KEPT, options),
  }
}

const SESSION = 'andon-session'
const KEPT = 'andon-sign-in'
