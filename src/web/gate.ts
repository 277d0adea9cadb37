// Every request passes here before its page is even looked for: whoever is not known learns nothing, not what exists.
import { hashSecret } from '../sign-in/keys.ts'
import { SignInRequired } from '../sign-in/refusals.ts'
import type { SeenBy } from '../sign-in/seen.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Credential } from '../store/users.ts'
import type { SiteCookies } from './cookies.ts'
import { HttpError } from './http-errors.ts'
import type { Onlooker } from './onlooker.ts'
import type { HealthReader, RepairList } from './operators.ts'
import type { Reader } from './reader.ts'
import { isMachinePath, type RequestContext } from './site.ts'

/** Who sends a request; rejects when it is nobody whom the board is shown to. */
export type Gate = (context: RequestContext) => Promise<Onlooker>

/** Everyone who can reach the board sees all of it. */
export function openToEveryone(reader: Reader, health: HealthReader | null): Gate {
  const everyone: Onlooker = { key: 'everyone', user: null, reader, health }
  return async () => everyone
}

/** Nobody can sign in, because the App's client is not configured. */
export const closedToEveryone: Gate = async () => {
  throw new HttpError(403, 'This board is closed: signing in with GitHub is not set up.')
}

/** People sign in with GitHub; their scripts send an API token. `readAs` makes the reader of what somebody may see. */
export function openToSignedIn(o: {
  signIn: SignIn
  cookies: SiteCookies
  readAs: (onlooker: { seen: () => Promise<SeenBy>; mayHoldEverything: boolean }) => Reader
  health: HealthReader | null
}): Gate {
  const { signIn, cookies, health } = o

  /** Asks before every reading: a stream is open longer than a session. */
  function healthFor(credential: Credential, health: HealthReader): HealthReader {
    const expectOperator = async () => {
      const user = await signIn.find(credential)
      if (user === null || !signIn.isOperator(user.login)) throw new SignInRequired('the sign-in has ended')
    }
    const guarded = ({ list, replay, drop }: RepairList): RepairList => ({
      list: () => expectOperator().then(list),
      replay: (ids) => expectOperator().then(() => replay(ids)),
      drop: (ids) => expectOperator().then(() => drop(ids)),
    })
    const { deliveries, effects } = health.repairs
    return {
      repairs: { deliveries: guarded(deliveries), effects: guarded(effects) },
      async read() {
        await expectOperator()
        return await health.read()
      },
    }
  }

  return async (context) => {
    const credential = await credentialOf(context, cookies)
    const user = credential && (await signIn.find(credential))
    if (credential === null || user === null) throw new SignInRequired('nobody is signed in')
    const { id, login } = user
    const { kind, hash } = credential
    const isOperator = signIn.isOperator(login)
    const isSession = kind === 'session'
    return {
      key: `${kind} ${hash}`,
      user: { id, login, isOperator, credentialHash: hash, formToken: signIn.keys.formToken(hash) },
      reader: o.readAs({
        // An API token only reads.
        seen: async () => ({ ...(await signIn.seen(credential)), ...(!isSession && { writable: [] }) }),
        mayHoldEverything: isSession && isOperator,
      }),
      health: isSession && isOperator && health !== null ? healthFor(credential, health) : null,
    }
  }
}

async function credentialOf(context: RequestContext, cookies: SiteCookies): Promise<Credential | null> {
  const authorization = context.req.header('authorization')
  if (authorization !== undefined && isMachinePath(context.req.path)) {
    const token = /^Bearer +([\w-]+)$/i.exec(authorization)?.[1]
    return token === undefined ? null : { kind: 'api-token', hash: hashSecret(token) }
  }
  const session = await cookies.readSession(context)
  return session === null ? null : { kind: 'session', hash: hashSecret(session) }
}
