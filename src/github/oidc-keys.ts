// The issuer's public keys, with which workflow tokens are verified: fetched from its published address and cached.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Logger } from 'pino'

const FRESH_MS = 10 * 60_000
// While the issuer is unreachable it issues no new tokens either: older ones can still be verified.
const USABLE_MS = 60 * 60_000
// A forger can name any key. Not every unknown name is worth a request.
const COOLDOWN_MS = 30_000
const TIMEOUT_MS = 5_000
// GitHub publishes some five keys in 10 KB. Each key of a set may be tried for each token.
const MAX_BYTES = 256 * 1024
const MAX_KEYS = 64

/** Whether a token is genuine cannot be decided now, because the keys could not be fetched. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/** Finds the key that a token names; throws KeysUnavailable. */
export function openSigningKeys(o: {
  url: string
  fetch: typeof fetch
  now: () => string
  log: Logger
  timeoutMs?: number
}): JWTVerifyGetKey {
  const { url, now, log, timeoutMs = TIMEOUT_MS } = o
  const nowMs = () => Date.parse(now())
  let cached: { readonly find: JWTVerifyGetKey; readonly atMs: number } | null = null
  let triedAtMs = Number.NEGATIVE_INFINITY
  let failed = false
  let fetching: Promise<void> | null = null

  async function fetchKeys(): Promise<void> {
    triedAtMs = nowMs()
    try {
      const response = await o.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      if (response.status !== 200) throw new Error(`the answer was ${response.status}`)
      cached = { find: createLocalJWKSet(parseKeySet(await readText(response))), atMs: nowMs() }
      failed = false
    } catch (error) {
      failed = true
      log.warn({ err: error, url }, 'the keys of workflow tokens could not be fetched')
    }
  }

  function refresh(): Promise<void> {
    fetching ??= fetchKeys().finally(() => {
      fetching = null
    })
    return fetching
  }

  // In whichever direction the clock was set since.
  const cooledDown = () => Math.abs(nowMs() - triedAtMs) >= COOLDOWN_MS
  const usable = () => (cached !== null && Math.abs(nowMs() - cached.atMs) < USABLE_MS ? cached.find : null)

  return async (header, token) => {
    const fresh = cached !== null && Math.abs(nowMs() - cached.atMs) < FRESH_MS
    if (fetching !== null || (!fresh && (!failed || cooledDown()))) await refresh()
    const find = usable()
    if (find === null) throw new KeysUnavailable('the keys of workflow tokens could not be fetched')
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    }
    // Signed with an unknown key: the issuer may have rotated its keys.
    if (cooledDown()) await refresh()
    if (failed) throw new KeysUnavailable('the token names an unknown key, and the keys could not be fetched')
    return (usable() ?? find)(header, token)
  }
}

/** The body's text; throws once it is longer than any key set. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`the key set is longer than ${MAX_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

function parseKeySet(text: string): JSONWebKeySet {
  const set = JSON.parse(text) as JSONWebKeySet
  if (Array.isArray(set.keys) && set.keys.length > MAX_KEYS)
    throw new Error(`the key set has more than ${MAX_KEYS} keys`)
  // Without a key every genuine token would be a forgery; what is no key set at all, jose refuses.
  if (Array.isArray(set.keys) && !set.keys.some((key) => key?.kty && key.kid)) throw new Error('the answer has no keys')
  return set
}
