// A user's access token, refreshed before it expires. GitHub accepts a refresh token once, so one process at a time uses
// it, and the others wait for what it stores.
import { setTimeout as pause } from 'node:timers/promises'
import { GitHubFailure } from '../github/failure.ts'
import { type UserAccess, UserRefused, type UserTokens } from '../github/user-access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import {
  claimRefresh,
  loadUser,
  releaseRefresh,
  type StoredUser,
  type StoredUserTokens,
  saveRefreshed,
} from '../store/users.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { SecretKeys } from './keys.ts'

export type UserTokenParts = {
  readonly database: Database
  readonly github: UserAccess
  readonly keys: SecretKeys
  readonly now: () => Instant
}

/** Rejects with UserRefused when the user must sign in again. */
export async function accessTokenOf(o: UserTokenParts, user: StoredUser): Promise<string> {
  const token = user.accessToken === null ? null : o.keys.open(user.accessToken, `access token of ${user.id}`)
  // The secret has changed: nothing that was sealed with the former one can be read.
  if (token === null) throw new UserRefused('there is no token')
  const isFresh = user.accessExpiresAt === null || Date.parse(user.accessExpiresAt) - MARGIN_MS > Date.parse(o.now())
  return isFresh ? token : await refreshedTokenOf(o, user)
}

/** Uses the refresh token, or waits for another process that does. */
async function refreshedTokenOf(o: UserTokenParts, user: StoredUser): Promise<string> {
  const { database, github, keys, now } = o
  const refreshToken = user.refreshToken === null ? null : keys.open(user.refreshToken, `refresh token of ${user.id}`)
  if (refreshToken === null) throw new UserRefused('the token has expired')
  if (!(await claimRefresh(database, user, now(), millisecondsAfter(now(), CLAIM_MS))))
    return await waitForRefresh(o, user)
  try {
    const tokens = await github.refresh(refreshToken)
    await saveRefreshed(database, user, sealTokens(keys, user.id, tokens, now()))
    return tokens.accessToken
  } catch (error) {
    await releaseRefresh(database, user.id)
    throw error
  }
}

async function waitForRefresh(o: UserTokenParts, before: StoredUser): Promise<string> {
  for (let waited = 0; waited < CLAIM_MS; waited += WAIT_MS) {
    await pause(WAIT_MS)
    const user = await loadUser(o.database, before.id)
    if (user === null || user.accessToken === null) throw new UserRefused('the token was taken back')
    if (user.refreshToken !== before.refreshToken) return await accessTokenOf(o, user)
  }
  throw new GitHubFailure('retryable', 'another process has not refreshed the token in time')
}

/** Tokens as they are stored. */
export function sealTokens(keys: SecretKeys, userId: number, tokens: UserTokens, now: Instant): StoredUserTokens {
  const { accessToken, expiresInSeconds, refreshToken } = tokens
  return {
    accessToken: keys.seal(accessToken, `access token of ${userId}`),
    accessExpiresAt: expiresInSeconds === null ? null : millisecondsAfter(now, expiresInSeconds * 1000),
    refreshToken: refreshToken && keys.seal(refreshToken, `refresh token of ${userId}`),
  }
}

/** A token is replaced this long before it expires: a list takes a while. */
const MARGIN_MS = 60_000
/** Longer than a request to GitHub may take. */
const CLAIM_MS = 10_000
const WAIT_MS = 100
