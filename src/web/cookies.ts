// Cookies: the session, and what a browser keeps while its user is at GitHub.
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
  readonly kept: KeptCookie
}

/** A sealed text that the browser keeps for a while. */
export type KeptCookie = {
  read(context: RequestContext): string | null
  set(context: RequestContext, kept: string): void
  clear(context: RequestContext): void
}

export function openKeptCookie(name: string, maxAgeMs: number, baseUrl: string): KeptCookie {
  const { prefix, options } = optionsOf(baseUrl)
  return {
    read: (context) => getCookie(context, name, prefix) ?? null,
    set: (context, kept) => setCookie(context, name, kept, { ...options, maxAge: maxAgeMs / 1000 }),
    clear: (context) => void deleteCookie(context, name, options),
  }
}

function optionsOf(baseUrl: string) {
  // `__Host-`: no other host and no plain http can set it. A browser refuses that prefix without https.
  const isSecure = baseUrl.startsWith('https:')
  const prefix = isSecure ? ('host' as const) : undefined
  const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure, prefix } as CookieOptions
  return { prefix, options }
}

export function openCookies({ cookieKey }: SecretKeys, baseUrl: string): SiteCookies {
  const { prefix, options } = optionsOf(baseUrl)
  const kept = openKeptCookie('andon-sign-in', KEPT_MS, baseUrl)
  return {
    readSession: async (context) => (await getSignedCookie(context, cookieKey, SESSION, prefix)) || null,
    setSession: (context, session) =>
      setSignedCookie(context, SESSION, session, cookieKey, { ...options, maxAge: SESSION_MS / 1000 }),
    clearSession: (context) => void deleteCookie(context, SESSION, options),
    kept,
  }
}

const SESSION = 'andon-session'
