// An issuer whose keys are fetched over a counted network that tests can break, and a clock that tests move.
import { generateKeyPairSync } from 'node:crypto'
import pino from 'pino'
import { type OidcIssuer, openOidcIssuer, runClaims } from '../../../fake-github/oidc-issuer.ts'
import { openTokenVerifier, type VerifyToken } from '../../../src/github/oidc.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'

export const AUDIENCE = 'https://andon.example.com'
export const ISSUER = 'https://token.actions.example.com'
export const RUN = { repositoryId: 7_001, repository: 'acme/rocket', runId: 901, runAttempt: 1, workflow: 'plan.yml' }

// Making a key takes longer than any test.
const FIRST_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export type NetworkState =
  | 'up'
  | 'refused'
  | 'bad gateway'
  | 'hanging'
  | 'moved'
  | 'not json'
  | 'no keys'
  | 'endless'
  | 'too many keys'

export type TokenIssuer = {
  readonly issuer: OidcIssuer
  readonly verify: VerifyToken
  /** The fetched URLs, in order. */
  readonly fetchedUrls: readonly string[]
  /** A token of the run, with these claims changed; undefined omits a claim. */
  token(claims?: Record<string, unknown>): Promise<string>
  advance(seconds: number): void
  setNetwork(state: NetworkState): void
}

export function openTokenIssuer(o: { at?: Instant; timeoutMs?: number } = {}): TokenIssuer {
  let nowMs = Date.parse(o.at ?? '2026-11-21T12:00:00.000Z')
  let state: NetworkState = 'up'
  const now = () => new Date(nowMs).toISOString()
  const issuer = openOidcIssuer({ url: ISSUER, now, firstKey: FIRST_KEY })
  const fetchedUrls: string[] = []

  const fetchKeys: typeof fetch = async (input, init) => {
    fetchedUrls.push(String(input))
    switch (state) {
      case 'refused':
        throw new TypeError('fetch failed')
      case 'bad gateway':
        return new Response('oops', { status: 502 })
      case 'moved':
        // As fetch does with a redirect that it must not follow.
        throw new TypeError(init?.redirect === 'error' ? 'unexpected redirect' : 'followed elsewhere')
      case 'hanging':
        return new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        })
      case 'not json':
        return new Response('<html>')
      case 'no keys':
        return Response.json({ keys: 'none' })
      case 'endless':
        return new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) }))
      case 'too many keys':
        return Response.json({ keys: Array.from({ length: 65 }, () => FIRST_KEY.export({ format: 'jwk' })) })
      case 'up':
        return Response.json(await issuer.keys())
    }
  }

  return {
    issuer,
    verify: openTokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      now,
      log: pino({ level: 'silent' }),
      fetch: fetchKeys,
      ...(o.timeoutMs && { timeoutMs: o.timeoutMs }),
    }),
    fetchedUrls,
    token: (claims = {}) => issuer.token({ ...runClaims(RUN), aud: AUDIENCE, ...claims }),
    advance(seconds) {
      nowMs += seconds * 1000
    },
    setNetwork(next) {
      state = next
    },
  }
}
