// Who asks: the App by its JWT, an installation by its token, a person by theirs. The emulator would let anybody in.
import { createPublicKey, verify } from 'node:crypto'
import { APP } from './organization.ts'
import type { World } from './world.ts'

export type Identity =
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly token: string }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'anonymous'; readonly why: string }

/** Reads an Authorization header as GitHub would. */
export function authenticate(world: World, authorization: string | undefined): Identity {
  if (!authorization) return { kind: 'anonymous', why: 'Requires authentication' }
  const secret = authorization.replace(/^(bearer|token)\s+/i, '').trim()
  if (secret.startsWith('eyJ')) {
    const why = whyInvalidJwt(world, secret)
    return why === null ? { kind: 'app' } : { kind: 'anonymous', why }
  }
  const token = world.tokens.get(secret)
  if (token) {
    const valid = token.expiresAt > world.clock.nowMs() && world.installation.state !== 'removed'
    return valid ? { kind: 'installation', token: secret } : { kind: 'anonymous', why: 'Bad credentials' }
  }
  const login = /^ghp_(.+)_\d+$/.exec(secret)?.[1]
  return login !== undefined && world.users.has(login)
    ? { kind: 'user', login }
    : { kind: 'anonymous', why: 'Bad credentials' }
}

// The machine's clock, because the App signs with it too.
function whyInvalidJwt(world: World, jwt: string): string | null {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const key = createPublicKey(world.emulator.privateKey)
  const signed = verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  if (!signed) return 'A JSON web token could not be decoded'
  const { iss, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    iss: unknown
    exp: number
    iat: number
  }
  const seconds = Date.now() / 1000
  if (String(iss) !== String(APP.id)) return "'Issuer' claim ('iss') must be an Integer"
  if (iat > seconds + CLOCK_SKEW_SECONDS)
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
  if (exp < seconds || exp > seconds + MAX_JWT_SECONDS)
    return "'Expiration time' claim ('exp') is too far in the future"
  return null
}

const CLOCK_SKEW_SECONDS = 60
const MAX_JWT_SECONDS = 660
