// People who signed in, and what GitHub lets each of them see. Every process reads these rows for every request: what is
// dropped here is dropped everywhere.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { notifyChange } from './notify.ts'

/** A user's tokens as they are stored: sealed. */
export type StoredUserTokens = {
  readonly accessToken: string
  readonly accessExpiresAt: Instant | null
  readonly refreshToken: string | null
}

/** A user and what GitHub let them see at `seenAt`; null when GitHub must be asked again. */
export type StoredUser = {
  readonly id: number
  readonly login: string
  readonly accessToken: string | null
  readonly accessExpiresAt: Instant | null
  readonly refreshToken: string | null
  readonly seen: readonly number[]
  /** Those of them to which they may write. */
  readonly writable: readonly number[]
  readonly seenAt: Instant | null
  readonly seenEpoch: number
}

/** What a request proves itself with; only the hash of the secret is known here. */
export type Credential = { readonly kind: 'session' | 'api-token'; readonly hash: string }

/** The user of a credential; null when it was never given out, has ended, or was revoked. */
export async function findUser(
  { kysely }: Database,
  { kind, hash }: Credential,
  now: Instant,
): Promise<StoredUser | null> {
  const users = kysely.selectFrom('users').select(USER_COLUMNS)
  const row =
    kind === 'session'
      ? await users
          .innerJoin('sessions', 'sessions.userId', 'users.id')
          .where('idHash', '=', hash)
          .where('expiresAt', '>', now)
          .executeTakeFirst()
      : await users
          .innerJoin('apiTokens', 'apiTokens.userId', 'users.id')
          .where('tokenHash', '=', hash)
          .executeTakeFirst()
  return row ?? null
}

export async function loadUser({ kysely }: Database, id: number): Promise<StoredUser | null> {
  return (await kysely.selectFrom('users').select(USER_COLUMNS).where('id', '=', id).executeTakeFirst()) ?? null
}

const USER_COLUMNS = [
  'users.id',
  'users.login',
  'users.accessToken',
  'users.accessExpiresAt',
  'users.refreshToken',
  'users.seen',
  'users.writable',
  'users.seenAt',
  'users.seenEpoch',
] as const

/** Stores a user's sign-in: their tokens, and a session in place of the browser's former one. */
export async function saveSignIn(
  { kysely }: Database,
  o: {
    readonly user: { readonly id: number; readonly login: string } & StoredUserTokens
    readonly idHash: string
    readonly formerIdHash: string | null
    readonly now: Instant
    readonly expiresAt: Instant
  },
): Promise<void> {
  const { user, idHash, formerIdHash, now, expiresAt } = o
  await kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto('users')
      .values({ ...user, updatedAt: now, seenAt: null })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          login: eb.ref('excluded.login'),
          accessToken: eb.ref('excluded.accessToken'),
          accessExpiresAt: eb.ref('excluded.accessExpiresAt'),
          refreshToken: eb.ref('excluded.refreshToken'),
          seenAt: null,
          seenEpoch: eb('users.seenEpoch', '+', 1),
          updatedAt: now,
        })),
      )
      .execute()
    const touched = [{ user: user.id }]
    if (formerIdHash !== null) {
      touched.push(...(await endSession(trx, formerIdHash)))
      // The browser goes on to hear, unless it is another person's now.
      const own = trx.updateTable('pushSubscriptions').set({ sessionHash: idHash }).where('userId', '=', user.id)
      await own.where('sessionHash', '=', formerIdHash).execute()
      await trx.deleteFrom('pushSubscriptions').where('sessionHash', '=', formerIdHash).execute()
    }
    await trx.insertInto('sessions').values({ idHash, userId: user.id, createdAt: now, expiresAt }).execute()
    await notifyChange(trx, touched)
  })
}

export async function deleteSession({ kysely }: Database, idHash: string): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    const touched = await endSession(trx, idHash)
    await trx.deleteFrom('pushSubscriptions').where('sessionHash', '=', idHash).execute()
    // Streams that it opened end.
    await notifyChange(trx, touched)
  })
}

/** Resolves to whose it was. */
async function endSession(trx: Transaction, idHash: string): Promise<readonly { readonly user: number }[]> {
  return await trx.deleteFrom('sessions').where('idHash', '=', idHash).returning('userId as user').execute()
}

/** Keeps what GitHub listed; false when access may have changed since the list was begun. */
export async function saveSeen(
  { kysely }: Database,
  { id, seenEpoch }: StoredUser,
  { seen, writable }: Pick<StoredUser, 'seen' | 'writable'>,
  seenAt: Instant,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('users')
    .set({ seen: JSON.stringify(seen), writable: JSON.stringify(writable), seenAt, updatedAt: seenAt })
    .where('id', '=', id)
    .where('seenEpoch', '=', seenEpoch)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Whose access may have changed: one user's, or anybody's. GitHub is asked again before any of them sees anything. */
export async function dropSeen({ kysely }: Database, userId: number | 'all'): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    await trx
      .updateTable('users')
      .set((eb) => ({ seenAt: null, seenEpoch: eb('seenEpoch', '+', 1) }))
      .$if(userId !== 'all', (users) => users.where('id', '=', Number(userId)))
      .execute()
    await notifyChange(trx, userId === 'all' ? 'everything' : [{ user: userId }])
  })
}

/** The user has taken the App's authorization back: their sessions and tokens end. */
export async function deleteUser({ kysely }: Database, id: number): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    await trx.deleteFrom('users').where('id', '=', id).execute()
    await notifyChange(trx, [{ user: id }])
  })
}

/** GitHub has refused these tokens: sessions end, and API tokens rest until the user signs in again. */
export async function endAuthorization({ kysely }: Database, { id, accessToken }: StoredUser): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('users')
      .set((eb) => ({
        accessToken: null,
        accessExpiresAt: null,
        refreshToken: null,
        seen: '[]',
        writable: '[]',
        seenAt: null,
        seenEpoch: eb('seenEpoch', '+', 1),
      }))
      .where('id', '=', id)
      // The user may have signed in again meanwhile.
      .where('accessToken', 'is not distinct from', accessToken)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    await trx.deleteFrom('sessions').where('userId', '=', id).execute()
    await notifyChange(trx, [{ user: id }])
  })
}

/** Claims the one use of a refresh token; false when another process has claimed or used it. */
export async function claimRefresh(
  { kysely }: Database,
  { id, refreshToken }: StoredUser,
  now: Instant,
  until: Instant,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('users')
    .set({ refreshingUntil: until })
    .where('id', '=', id)
    .where('refreshToken', '=', refreshToken)
    .where('refreshingUntil', '<', now)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Stores refreshed tokens in place of those that were used up. */
export async function saveRefreshed(
  { kysely }: Database,
  { id, refreshToken }: StoredUser,
  tokens: StoredUserTokens,
): Promise<void> {
  await kysely
    .updateTable('users')
    .set({ ...tokens, refreshingUntil: sql<Instant>`'-infinity'` })
    .where('id', '=', id)
    .where('refreshToken', '=', refreshToken)
    .execute()
}

/** Another try may use the refresh token, because GitHub has not seen it. */
export async function releaseRefresh({ kysely }: Database, id: number): Promise<void> {
  await kysely.updateTable('users').set({ refreshingUntil: sql<Instant>`'-infinity'` }).where('id', '=', id).execute()
}
