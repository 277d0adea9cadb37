// The one place that decides what a user sees: the repositories that GitHub lists for them through this App, by id. The
// list is kept for at most five minutes, in the database, where every process reads it anew for every request.
import { GitHubFailure } from '../github/failure.ts'
import { UserRefused } from '../github/user-access.ts'
import { type Credential, endAuthorization, findUser, loadUser, type StoredUser, saveSeen } from '../store/users.ts'
import { AccessUnknown, SignInRequired } from './refusals.ts'
import { accessTokenOf, type UserTokenParts } from './user-token.ts'

/** The user behind a credential and the ids of the repositories that GitHub lets them see. */
export type SeenBy = {
  readonly userId: number
  readonly login: string
  readonly repositories: readonly number[]
  /** Those of them to which GitHub said that they may write. It only chooses what a page shows. */
  readonly writable: readonly number[]
}

/** By what a request proves itself with; by their id for what is sent to a user of itself. */
export type Viewing = Credential | { readonly kind: 'user'; readonly id: number }

/** Rejects with SignInRequired or AccessUnknown. */
export type LookUpSeen = (viewing: Viewing) => Promise<SeenBy>

export function openSeen(o: UserTokenParts): LookUpSeen {
  const { database, github, now } = o
  const reading = new Map<number, Promise<void>>()

  async function readNow(user: StoredUser): Promise<void> {
    // GitHub answers about the moment it is asked, not about the one when the last page arrived.
    const askedAt = now()
    try {
      await saveSeen(database, user, await github.listRepositories(await accessTokenOf(o, user)), askedAt)
    } catch (error) {
      if (error instanceof UserRefused) await endAuthorization(database, user)
      else if (error instanceof GitHubFailure) throw new AccessUnknown(error.message, { cause: error })
      else throw error
    }
  }

  function readOnce(user: StoredUser): Promise<void> {
    const shared = reading.get(user.id) ?? readNow(user).finally(() => reading.delete(user.id))
    reading.set(user.id, shared)
    return shared
  }

  return async (viewing) => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const user = await (viewing.kind === 'user' ? loadUser(database, viewing.id) : findUser(database, viewing, now()))
      if (user === null || user.accessToken === null) throw new SignInRequired('the sign-in has ended')
      const { id: userId, login, seen: repositories, writable } = user
      if (isFresh(user)) return { userId, login, repositories, writable }
      // What was read is taken from the row: access may have changed before it could be saved.
      await readOnce(user)
    }
    throw new AccessUnknown('access changes faster than GitHub can be asked')
  }

  function isFresh({ seenAt }: StoredUser): boolean {
    // What was seen in the future was seen by a clock that was wrong.
    return seenAt !== null && Math.abs(Date.parse(now()) - Date.parse(seenAt)) < MAX_SEEN_AGE_MS
  }
}

const MAX_SEEN_AGE_MS = 5 * 60_000
const MAX_TRIES = 4
