// Lets a test read the whole board of an Andon whose readers sign in, whatever GitHub answers just then.
import { serializeSigned } from 'hono/utils/cookie'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { deriveKeys, hashSecret } from '../../src/sign-in/keys.ts'
import type { Database } from '../../src/store/database.ts'

/** The headers of a browser whose user sees every repository, as if GitHub had just listed them. */
export async function signInToSeeEverything(
  { kysely }: Database,
  { secret, now }: { secret: string; now: Instant },
): Promise<Readonly<Record<string, string>>> {
  const repositories = await kysely.selectFrom('repositories').select('id').execute()
  const user = { id: 2_000_000_000, login: 'reader-of-everything', accessToken: 'is never used' }
  const seen = JSON.stringify(repositories.map(({ id }) => id))
  await kysely
    .insertInto('users')
    .values({ ...user, seen, seenAt: now, updatedAt: now })
    .execute()
  const session = 'session-of-the-reader-of-everything'
  const row = { idHash: hashSecret(session), userId: user.id, createdAt: now, expiresAt: '2100-01-01T00:00:00.000Z' }
  await kysely.insertInto('sessions').values(row).execute()
  const key = deriveKeys(secret).cookieKey
  const [cookie = ''] = (await serializeSigned('__Host-andon-session', session, key, COOKIE)).split(';')
  return { cookie }
}

const COOKIE = { path: '/', secure: true }
