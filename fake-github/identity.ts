// Who asks: the App by its JWT, an installation by its token, a person by theirs. The emulator would let anybody in.
import { createPublicKey, verify } from 'node:crypto'
import { APP } from './organization.ts'
import type { World } from './world.ts'

export type Identity =
  | { readonly as: 'app' }
  | { readonly as: 'installation'; readonly token: string }
  | { readonly as: 'person'; readonly login: string }
  | { readonly as: 'nobody'; readonly why: string }

/** Reads an Authorization header as GitHub would. */
export function identify(world: World, authorization: string | undefined): Identity {
  if (!authorization) return { as: 'nobody', why: 'Requires authentication' }
  const secret = authorization.replace(/^(bearer|token)\s+/i, '').trim()
  if (secret.startsWith('eyJ')) {
    const why = faultOfJwt(world, secret)
    return why === null ? { as: 'app' } : { as: 'nobody', why }
  }
  const token = world.tokens.get(secret)
  if (token) {
    const valid = token.expiresAt > world.clock.milliseconds() && world.installation.state !== 'removed'
    return valid ? { as: 'installation', token: secret } : { as: 'nobody', why: 'Bad credentials' }
  }
  const login = /^ghp_(.+)_\d+$/.exec(secret)?.[1]
  return login !== undefined && world.users.has(login)
    ? { as: 'person', login }
    : { as: 'nobody', why: 'Bad credentials' }
}

// The machine's clock, because the App signs with it too.
function faultOfJwt(world: World, jwt: string): string | null {
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
  if (exp < seconds || exp > seconds + LONGEST_JWT_SECONDS)
    return "'Expiration time' claim ('exp') is too far in the future"
  return null
}

const CLOCK_SKEW_SECONDS = 60
const LONGEST_JWT_SECONDS = 660
