// The keys with which the issuer signs workflows' tokens, fetched from where it publishes them and kept for a while.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Logger } from 'pino'

const FRESH_MS = 10 * 60_000
// An issuer that is away for a while issues no new tokens either: those of before may go on being checked.
const USABLE_MS = 60 * 60_000
// Anybody can name a key that nobody has. Not every such token is worth a request.
const COOLDOWN_MS = 30_000
const TIMEOUT_MS = 5_000

/** Nobody can say whether a token is genuine just now: the keys could not be had. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysAway'
}

/** Finds the key a token says it was signed with; throws KeysAway. */
export function openSigningKeys(o: {
  url: string
  fetch: typeof fetch
  now: () => string
  log: Logger
  timeoutMs?: number
}): JWTVerifyGetKey {
  const { url, now, log, timeoutMs = TIMEOUT_MS } = o
  const nowMs = () => Date.parse(now())
  let known: { readonly find: JWTVerifyGetKey; readonly atMs: number } | null = null
  let triedAtMs = Number.NEGATIVE_INFINITY
  let failed = false
  let fetching: Promise<void> | null = null

  async function fetchKeys(): Promise<void> {
    triedAtMs = nowMs()
    try {
      const response = await o.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      if (response.status !== 200) throw new Error(`the answer was ${response.status}`)
      known = { find: createLocalJWKSet((await response.json()) as JSONWebKeySet), atMs: nowMs() }
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

  const rested = () => nowMs() - triedAtMs >= COOLDOWN_MS
  const usable = () => (known !== null && nowMs() - known.atMs < USABLE_MS ? known.find : null)

  return async (header, token) => {
    const fresh = known !== null && nowMs() - known.atMs < FRESH_MS
    if (fetching !== null || (!fresh && (!failed || rested()))) await refresh()
    const find = usable()
    if (find === null) throw new KeysUnavailable('the keys of workflow tokens could not be fetched')
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    }
    // Signed with a key we have not seen: the issuer may have changed its keys.
    if (rested()) await refresh()
    if (failed) throw new KeysUnavailable('a key nobody knows, and the keys could not be fetched')
    return (usable() ?? find)(header, token)
  }
}
