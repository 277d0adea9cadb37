// An issuer whose keys are fetched through a counted, breakable wire, and a clock that tests move.
import { generateKeyPairSync } from 'node:crypto'
import pino from 'pino'
import { type Issuer, openIssuer, runClaims } from '../../../fake-github/oidc-issuer.ts'
import { openOidc, type Prove } from '../../../src/github/oidc.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'

export const AUDIENCE = 'https://andon.example.com'
export const ISSUER = 'https://token.actions.example.com'
export const RUN = { repositoryId: 7_001, repository: 'acme/rocket', runId: 901, runAttempt: 1, workflow: 'plan.yml' }

// Making one takes longer than any test.
const FIRST_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export type Wire = 'up' | 'refused' | 'broken' | 'hanging' | 'moved' | 'not json' | 'no keys'

export type Issued = {
  readonly issuer: Issuer
  readonly prove: Prove
  /** Addresses that were fetched, in order. */
  readonly fetched: readonly string[]
  /** A token of the run, with some claims different; undefined leaves one out. */
  token(claims?: Record<string, unknown>): Promise<string>
  pass(seconds: number): void
  wire(state: Wire): void
}

export function issued(o: { at?: Instant; timeoutMs?: number } = {}): Issued {
  let nowMs = Date.parse(o.at ?? '2026-11-21T12:00:00.000Z')
  let state: Wire = 'up'
  const now = () => new Date(nowMs).toISOString()
  const issuer = openIssuer({ url: ISSUER, now, firstKey: FIRST_KEY })
  const fetched: string[] = []

  const fetchKeys: typeof fetch = async (input, init) => {
    fetched.push(String(input))
    switch (state) {
      case 'refused':
        throw new TypeError('fetch failed')
      case 'broken':
        return new Response('oops', { status: 502 })
      case 'moved':
        // What fetch does with a redirect it was told not to follow.
        throw new TypeError(init?.redirect === 'error' ? 'unexpected redirect' : 'followed elsewhere')
      case 'hanging':
        return new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        })
      case 'not json':
        return new Response('<html>')
      case 'no keys':
        return Response.json({ keys: 'none' })
      case 'up':
        return Response.json(await issuer.keys())
    }
  }

  return {
    issuer,
    prove: openOidc({
      issuer: ISSUER,
      audience: AUDIENCE,
      now,
      log: pino({ level: 'silent' }),
      fetch: fetchKeys,
      ...(o.timeoutMs && { timeoutMs: o.timeoutMs }),
    }),
    fetched,
    token: (claims = {}) => issuer.token({ ...runClaims(RUN), aud: AUDIENCE, ...claims }),
    pass(seconds) {
      nowMs += seconds * 1000
    },
    wire(next) {
      state = next
    },
  }
}
