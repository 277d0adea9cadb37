// The emulator allows each token 5,000 requests an hour of the machine's clock; a test may live through days in a
// minute. A token that has been used a lot is quietly replaced by a fresh one of the same reach.
import { sign } from 'node:crypto'
import { APP } from './organization.ts'
import type { World } from './world.ts'

/** The token to forward in place of the one that was presented. */
export function openTokenRotation(world: World): (presented: string) => Promise<string> {
  const standIns = new Map<string, { token: Promise<string>; used: number }>()

  async function mint(presented: string): Promise<string> {
    const repositoryIds = world.tokens.get(presented)?.repositoryIds
    const body = JSON.stringify(repositoryIds ? { repository_ids: repositoryIds } : {})
    const reply = await world.emulator.forward({
      method: 'POST',
      path: `/app/installations/${world.installation.id}/access_tokens`,
      headers: {
        authorization: `Bearer ${appJwt(world.emulator.privateKey)}`,
        'content-type': 'application/json',
        'content-length': String(body.length),
      },
      body,
    })
    return (JSON.parse(reply.text) as { token: string }).token
  }

  return (presented) => {
    const current = standIns.get(presented) ?? { token: Promise.resolve(presented), used: 0 }
    if (++current.used > MAX_USES) Object.assign(current, { token: mint(presented), used: 1 })
    standIns.set(presented, current)
    return current.token
  }
}

const MAX_USES = 1_000

function appJwt(privateKey: string): string {
  const seconds = Math.floor(Date.now() / 1000)
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    { iss: APP.id, iat: seconds - 30, exp: seconds + 300 },
  ]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`
}
