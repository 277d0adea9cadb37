// GitHub's web flow, from the browser's side. What must come back to the same browser (state, PKCE verifier, where to go
// afterwards) waits there in a sealed cookie, so that no process remembers it.
import { createHash } from 'node:crypto'
import type { UserAccess } from '../github/user-access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { touchApiToken } from '../store/api-tokens.ts'
import type { Database } from '../store/database.ts'
import { type Credential, deleteSession, findUser, saveSignIn } from '../store/users.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { hashSecret, isSameSecret, randomSecret, type SecretKeys } from './keys.ts'
import { type LookUpSeen, openSeen } from './seen.ts'
import { sealTokens } from './user-token.ts'

/** Where the browser goes, and what it keeps meanwhile. */
export type StartedSignIn = { readonly location: string; readonly kept: string }

export type SignIn = {
  readonly keys: SecretKeys
  readonly isOperator: (login: string) => boolean
  /** The user of a credential; GitHub is not asked. */
  find(credential: Credential): Promise<{ readonly id: number; readonly login: string } | null>
  readonly seen: LookUpSeen
  begin(to: string): StartedSignIn
  /**
   * Ends a sign-in with what GitHub sent back; null when this browser did not begin it. Rejects with UserRefused or a
   * GitHubFailure.
   */
  complete(o: {
    readonly kept: string | null
    readonly state: string
    readonly code: string
    readonly formerSession: string | null
  }): Promise<{ readonly session: string; readonly to: string } | null>
  end(session: string): Promise<void>
}

export function openSignIn(o: {
  database: Database
  github: UserAccess
  keys: SecretKeys
  operators: readonly string[]
  baseUrl: string
  now: () => Instant
}): SignIn {
  const { database, github, keys, now } = o
  const redirectUri = `${o.baseUrl}/login/callback`
  const operators = new Set(o.operators.map((login) => login.toLowerCase()))
  return {
    keys,
    isOperator: (login) => operators.has(login.toLowerCase()),
    async find(credential) {
      const user = await findUser(database, credential, now())
      if (credential.kind === 'api-token') await touchApiToken(database, credential.hash, now())
      return user === null || user.accessToken === null ? null : { id: user.id, login: user.login }
    },
    seen: openSeen(o),
    begin(to) {
      const [state, verifier] = [randomSecret(), randomSecret()]
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const kept: KeptSignIn = { state, verifier, to, until: millisecondsAfter(now(), KEPT_MS) }
      return {
        location: github.authorizeUrl({ state, challenge, redirectUri }),
        kept: keys.seal(JSON.stringify(kept), 'sign-in'),
      }
    },
    async complete({ kept, state, code, formerSession }) {
      const started = kept && openKept(keys, kept)
      if (!started || started.until < now() || !isSameSecret(started.state, state)) return null
      const tokens = await github.exchangeCode({ code, verifier: started.verifier, redirectUri })
      const user = await github.readUser(tokens.accessToken)
      const session = randomSecret()
      await saveSignIn(database, {
        user: { ...user, ...sealTokens(keys, user.id, tokens, now()) },
        idHash: hashSecret(session),
        formerIdHash: formerSession && hashSecret(formerSession),
        now: now(),
        expiresAt: millisecondsAfter(now(), SESSION_MS),
      })
      return { session, to: started.to }
    },
    end: (session) => deleteSession(database, hashSecret(session)),
  }
}

/** How long a session lasts at most; a cookie ends with it. */
export const SESSION_MS = 7 * 24 * 3_600_000
/** How long a person may take at GitHub. */
export const KEPT_MS = 10 * 60_000

type KeptSignIn = { readonly state: string; readonly verifier: string; readonly to: string; readonly until: Instant }

function openKept(keys: SecretKeys, sealed: string): KeptSignIn | null {
  const text = keys.open(sealed, 'sign-in')
  return text === null ? null : (JSON.parse(text) as KeptSignIn)
}
