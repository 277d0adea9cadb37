// Read-only tokens for scripts. Only a token's hash is stored: the token itself is shown once.
import { type SqlBool, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'

/** A token as its user sees it. */
export type ApiToken = {
  readonly id: number
  readonly name: string
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

/** The newest first. */
export async function listApiTokens({ kysely }: Database, userId: number): Promise<readonly ApiToken[]> {
  return kysely
    .selectFrom('apiTokens')
    .select(['id', 'name', 'createdAt', 'lastUsedAt'])
    .where('userId', '=', userId)
    .orderBy('id', 'desc')
    .execute()
}

/** Inserts a token unless its user has as many as one may have; false then. */
export async function insertApiToken(
  { kysely }: Database,
  o: { userId: number; name: string; tokenHash: string; now: Instant; most: number },
): Promise<boolean> {
  const { userId, name, tokenHash, now, most } = o
  return kysely.transaction().execute(async (trx) => {
    // The lock makes requests that come at once count each other's.
    const user = await trx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().executeTakeFirst()
    if (user === undefined) return false
    const { numAffectedRows = 0n } = await sql`
      insert into api_tokens (user_id, name, token_hash, created_at) select ${userId}, ${name}, ${tokenHash}, ${now}
      where (select count(*) from api_tokens where user_id = ${userId}) < ${most}`.execute(trx)
    return numAffectedRows > 0n
  })
}

/** Deletes one of the user's own tokens. */
export async function deleteApiToken({ kysely }: Database, userId: number, id: number): Promise<void> {
  await kysely.deleteFrom('apiTokens').where('id', '=', id).where('userId', '=', userId).execute()
}

/** Notes that a token was used; at most once a minute, so that a busy script costs no write per request. */
export async function touchApiToken({ kysely }: Database, tokenHash: string, now: Instant): Promise<void> {
  const before = millisecondsAfter(now, -TOUCH_INTERVAL_MS)
  await kysely
    .updateTable('apiTokens')
    .set({ lastUsedAt: now })
    .where('tokenHash', '=', tokenHash)
    .where(sql<SqlBool>`coalesce(last_used_at, '-infinity') < ${before}::timestamptz`)
    .execute()
}

const TOUCH_INTERVAL_MS = 60_000
