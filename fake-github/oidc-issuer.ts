// GitHub as an OIDC issuer: the tokens with which a workflow run proves which run it is.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose'

export type OidcIssuer = {
  readonly url: string
  /** The published keys at `<url>/.well-known/jwks`. */
  keys(): Promise<{ readonly keys: readonly JWK[] }>
  /** A token with these claims; missing ones get GitHub's values. */
  token(claims: JWTPayload & { readonly aud: string }, o?: { kid?: string; key?: KeyObject }): Promise<string>
  /** Signs with a new key from now on; keys before the last one are no longer published. */
  rotate(): void
}

const TOKEN_LIFETIME_SECONDS = 300

export function openOidcIssuer(o: { url: string; now: () => string; firstKey?: KeyObject }): OidcIssuer {
  let made = 0
  let pairs: readonly Pair[] = []

  function pair(key = generateKey()): Pair {
    return { kid: `key-${++made}`, key }
  }

  // Creating a key is slow, and most tests never need one.
  function current(): readonly Pair[] {
    if (pairs.length === 0) pairs = [pair(o.firstKey)]
    return pairs
  }

  return {
    url: o.url,
    async keys() {
      const published = current().map(async ({ kid, key }) => ({
        ...(await exportJWK(createPublicKey(key))),
        kid,
        alg: 'RS256',
        use: 'sig',
      }))
      return { keys: await Promise.all(published) }
    },
    token(claims, as = {}) {
      const { kid, key } = { ...current()[0], ...as }
      const seconds = Math.floor(Date.parse(o.now()) / 1000)
      const usual = { iss: o.url, iat: seconds, nbf: seconds - 10, exp: seconds + TOKEN_LIFETIME_SECONDS }
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(kid && { kid }) })
        .sign(key!)
    },
    rotate() {
      pairs = [pair(), ...current().slice(0, 1)]
    },
  }
}

type Pair = { readonly kid: string; readonly key: KeyObject }

function generateKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** The claims of a run's token. */
export function runClaims(run: {
  readonly repositoryId: number
  readonly repository: string
  readonly runId: number
  readonly runAttempt: number
  readonly workflow: string
}): JWTPayload {
  const [owner] = run.repository.split('/')
  const workflowRef = `${run.repository}/.github/workflows/${run.workflow}@refs/heads/main`
  return {
    sub: `repo:${run.repository}:ref:refs/heads/main`,
    repository: run.repository,
    repository_id: String(run.repositoryId),
    repository_owner: owner,
    run_id: String(run.runId),
    run_attempt: String(run.runAttempt),
    run_number: '1',
    event_name: 'workflow_dispatch',
    ref: 'refs/heads/main',
    workflow_ref: workflowRef,
    job_workflow_ref: workflowRef,
    runner_environment: 'github-hosted',
  }
}
