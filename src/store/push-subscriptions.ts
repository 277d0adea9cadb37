// Browsers that want to hear while none of their pages is open, and the key pair by which push services know this Andon.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'
import { expectNeeds } from './news.ts'
import { isVisible, type VisibleRepositories } from './visible-repositories.ts'

/** Of what a browser wants to hear: of everything, or of nothing, but of these repositories the opposite. */
export type PushWishes = { readonly everything: boolean; readonly exceptions: readonly number[] }

export type NewSubscription = PushWishes & {
  readonly userId: number
  readonly sessionHash: string
  readonly endpointHash: string
  readonly sealedSubscription: string
  readonly service: string
}

/** False where it was ended, or another person asked for it: who uses the browser now has not, and nobody hears on. */
export async function renewSubscription(
  { kysely }: Database,
  subscription: NewSubscription,
  now: Instant,
): Promise<boolean> {
  const { endpointHash, userId } = subscription
  const known = await kysely
    .updateTable('pushSubscriptions')
    .set({ ...subscription, renewedAt: now })
    .where('endpointHash', '=', endpointHash)
    .where('userId', '=', userId)
    .executeTakeFirst()
  if (known.numUpdatedRows > 0n) return true
  await kysely.deleteFrom('pushSubscriptions').where('endpointHash', '=', endpointHash).execute()
  return false
}

/** Inserts or replaces a browser's subscription. Of a person's browsers, those used longest ago give way beyond `most`. */
export async function saveSubscription(
  { kysely }: Database,
  subscription: NewSubscription,
  { now, most }: { now: Instant; most: number },
): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto('pushSubscriptions')
      .values({ ...subscription, createdAt: now, renewedAt: now })
      .onConflict((conflict) => conflict.column('endpointHash').doUpdateSet({ ...subscription, renewedAt: now }))
      .execute()
    await sql`delete from push_subscriptions where id in (select id from push_subscriptions
      where user_id = ${subscription.userId} order by renewed_at desc, id desc offset ${most})`.execute(trx)
    await expectNeeds(trx, now)
  })
}

export type ShownSubscription = PushWishes & {
  readonly id: number
  readonly service: string
  readonly createdAt: Instant
  readonly sentAt: Instant | null
}

/** The newest first. */
export async function listSubscriptions({ kysely }: Database, userId: number): Promise<readonly ShownSubscription[]> {
  return kysely
    .selectFrom('pushSubscriptions')
    .select(['id', 'service', 'everything', 'exceptions', 'createdAt', 'sentAt'])
    .where('userId', '=', userId)
    .orderBy('id', 'desc')
    .execute()
}

/** Deletes one of the person's own. */
export async function deleteSubscription(
  { kysely }: Database,
  userId: number,
  which: { readonly id: number } | { readonly endpointHash: string },
): Promise<void> {
  const own = kysely.deleteFrom('pushSubscriptions').where('userId', '=', userId)
  await ('id' in which ? own.where('id', '=', which.id) : own.where('endpointHash', '=', which.endpointHash)).execute()
}

/** The ids of those of these repositories, named in lower case, that the viewer may see. */
export async function findRepositoryIds(
  { kysely }: Database,
  visible: VisibleRepositories,
  names: readonly string[],
): Promise<readonly number[]> {
  const rows = await kysely
    .selectFrom('repositories')
    .select('id')
    .where(isVisible({ visible }))
    .where(sql<boolean>`lower(full_name) = any (${names}::text[])`)
    .execute()
  return rows.map(({ id }) => id)
}

/** Null when none was made. */
export async function loadSealedPushKeys({ kysely }: Database): Promise<string | null> {
  const row = await kysely.selectFrom('pushKeys').select('sealedKeys').executeTakeFirst()
  return row?.sealedKeys ?? null
}

/** Puts a key pair in the place of `former`, which nobody can open: what was subscribed for that one is worth nothing. */
export async function replacePushKeys(
  { kysely }: Database,
  { former, next }: { former: string | null; next: string },
): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    if (former === null) {
      await trx
        .insertInto('pushKeys')
        .values({ sealedKeys: next })
        .onConflict((conflict) => conflict.column('singleton').doNothing())
        .execute()
      return
    }
    const { numUpdatedRows } = await trx
      .updateTable('pushKeys')
      .set({ sealedKeys: next })
      .where('sealedKeys', '=', former)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await trx.deleteFrom('pushSubscriptions').execute()
  })
}
