import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'

/** Effects that were given up, with these keys, in a repository that has had some. */
export async function buryEffects({ kysely }: Database, at: Instant, keys: readonly string[]): Promise<void> {
  const known = await kysely.selectFrom('effects').select(['repositoryId', 'document']).executeTakeFirstOrThrow()
  const { repositoryId, document } = known
  for (const key of keys) {
    const row = { repositoryId, key, document: JSON.stringify(document), dueAt: at, createdAt: at, updatedAt: at }
    const error = 'GitHub answered 502 to each of eight tries'
    await kysely
      .insertInto('effects')
      .values({ ...row, state: 'buried', error })
      .execute()
  }
}
