// The client of a request: the App by its JWT, or an installation by its token.
import { type KeyObject, randomBytes, verify } from 'node:crypto'
import { APP } from './organization.ts'
import type { InstallationToken, World } from './world.ts'

export type Identity =
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly token: InstallationToken }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'anonymous'; readonly why: string }

/** Reads an Authorization header as GitHub would. */
export function authenticate(world: World, appKeys: ReadonlySet<KeyObject>, authorization: string | null): Identity {
  if (!authorization) return { kind: 'anonymous', why: 'Requires authentication' }
  const secret = authorization.replace(/^(bearer|token)\s+/i, '').trim()
  if (secret.startsWith('eyJ')) {
    const why = whyInvalidJwt(world, appKeys, secret)
    return why === null ? { kind: 'app' } : { kind: 'anonymous', why }
  }
  const person = world.authorization.tokens.get(secret)
  if (person && person.expiresAt > world.clock.nowMs()) return { kind: 'user', login: person.login }
  const token = world.tokens.get(secret)
  const isValid = token && token.expiresAt > world.clock.nowMs() && world.installation.state !== 'removed'
  return isValid ? { kind: 'installation', token } : { kind: 'anonymous', why: 'Bad credentials' }
}

/** A token for the given repositories, or for all, valid for an hour. */
export function issueToken(
  world: World,
  repositoryIds: readonly number[] | null,
): { token: string; expiresAt: number } {
  const token = `ghs_${randomBytes(18).toString('base64url')}`
  const expiresAt = world.clock.nowMs() + TOKEN_LIFETIME_MS
  world.tokens.set(token, { repositoryIds, expiresAt })
  return { token, expiresAt }
}

function whyInvalidJwt(world: World, appKeys: ReadonlySet<KeyObject>, jwt: string): string | null {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const isSignedWith = (key: KeyObject) =>
    verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  if (![...appKeys].some(isSignedWith)) return 'A JSON web token could not be decoded'
  const { iss, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    iss: unknown
    exp: number
    iat: number
  }
  const seconds = world.clock.answerMs() / 1000
  if (String(iss) !== String(APP.id)) return "'Issuer' claim ('iss') must be an Integer"
  if (iat > seconds + CLOCK_SKEW_SECONDS)
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
  if (exp < seconds || exp > seconds + MAX_JWT_SECONDS)
    return "'Expiration time' claim ('exp') is too far in the future"
  return null
}

const TOKEN_LIFETIME_MS = 3_600_000
const CLOCK_SKEW_SECONDS = 60
const MAX_JWT_SECONDS = 660
