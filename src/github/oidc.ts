// A workflow run proves which run it is with a token that GitHub signs for it
// (https://docs.github.com/en/actions/concepts/security/openid-connect). Nothing else in a report identifies its sender.
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { KeysUnavailable, openSigningKeys } from './oidc-keys.ts'

// Clocks of two machines differ a little.
const CLOCK_TOLERANCE_SECONDS = 30
/** GitHub's tokens last minutes. One that claims days, or a day that has not come, was not made for a report. */
const MAX_TOKEN_AGE = '1h'

/** The result for a token: the run it proves, why it is not trusted, or that it cannot be verified now. */
export type TokenVerification =
  | { readonly kind: 'run'; readonly repositoryId: number; readonly runId: number; readonly runAttempt: number }
  | { readonly kind: 'untrusted'; readonly why: string }
  | { readonly kind: 'unavailable' }

/** Verifies one token. Never throws, and calls only the issuer, for its keys. */
export type VerifyToken = (token: string) => Promise<TokenVerification>

/** Verifies tokens that the issuer signs for this audience. */
export function openTokenVerifier(o: {
  issuer: string
  audience: string
  now: () => string
  log: Logger
  fetch?: typeof fetch
  timeoutMs?: number
}): VerifyToken {
  const { issuer, audience, now, log } = o
  const findKey = openSigningKeys({ ...o, url: `${issuer}/.well-known/jwks`, fetch: o.fetch ?? fetch })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, findKey, {
        issuer,
        audience,
        // The only algorithm that GitHub uses: a token must not choose how it is verified.
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'iat'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        // This is also what makes jose refuse an `iat` in the future.
        maxTokenAge: MAX_TOKEN_AGE,
        currentDate: new Date(now()),
      })
      return verifiedRunOf(payload)
    } catch (error) {
      if (error instanceof KeysUnavailable) return { kind: 'unavailable' }
      if (!(error instanceof errors.JOSEError)) log.warn({ err: error }, 'a workflow token could not be verified')
      return { kind: 'untrusted', why: whyNotTrusted(error) }
    }
  }
}

function verifiedRunOf(claims: JWTPayload): TokenVerification {
  const [repositoryId, runId, runAttempt] = [claims.repository_id, claims.run_id, claims.run_attempt].map(
    positiveIntegerOf,
  )
  if (!repositoryId || !runId || !runAttempt)
    return { kind: 'untrusted', why: 'The token names no workflow run of a repository.' }
  return { kind: 'run', repositoryId, runId, runAttempt }
}

// GitHub sends these claims as strings.
function positiveIntegerOf(claim: unknown): number | null {
  const text = typeof claim === 'number' ? String(claim) : claim
  if (typeof text !== 'string' || !/^[1-9]\d{0,15}$/.test(text)) return null
  return Number.isSafeInteger(Number(text)) ? Number(text) : null
}

function whyNotTrusted(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired: ask GitHub for a new one for every report.'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'GitHub did not sign this token.'
  switch (error.claim) {
    case 'aud':
      return 'The token was made for another audience: ask for one whose audience is the address of this Andon.'
    case 'iss':
      return 'The token was issued by another issuer than the one this Andon trusts.'
    case 'nbf':
      return 'The token is not valid yet.'
    case 'iat':
      if (error.reason === 'check_failed') return 'The token says that it was issued in the future.'
      return NO_SUCH_CLAIM
    default:
      return NO_SUCH_CLAIM
  }
}

const NO_SUCH_CLAIM = 'The token lacks a claim, or has one of the wrong kind.'
