import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { copyOnPostgres, urlOf } from './database-template.ts'
import { lendEmbedded } from './embedded-pool.ts'
import { dropOnPostgres, giveBack, lendOnPostgres } from './postgres-pool.ts'

export type FreshDatabase = Database & {
  /** On Postgres, for other pools and processes; undefined when embedded. */
  readonly url?: string
}

/** The database the tests of this run are on. */
function kindOfRun(): Database['kind'] {
  const { VITEST, ANDON_TEST_KIND } = process.env
  if (VITEST && !ANDON_TEST_KIND) throw new Error('vitest.config.ts has this test among those that need no database')
  return ANDON_TEST_KIND === 'postgres' ? 'postgres' : 'embedded'
}

/** The server's administrator, who may make databases. */
export function postgresServer(): string {
  const admin = process.env.ANDON_TEST_POSTGRES
  if (!admin)
    throw new Error('set ANDON_TEST_POSTGRES to the URL of a Postgres server; `npm test` starts one by itself.')
  return admin
}

/** A migrated, empty database of its own; closing it ends that. */
export async function freshDatabase(kind: Database['kind'] = kindOfRun()): Promise<FreshDatabase> {
  if (kind === 'embedded') return lendEmbedded()
  const admin = postgresServer()
  // Where the files of a project share their processes, these lend a database again instead of dropping it.
  const lends = process.env.ANDON_TEST_LENDS === 'yes'
  const name = await (lends ? lendOnPostgres(admin) : copyOnPostgres(admin))
  const url = urlOf(admin, name)
  const database = await openPostgres(url)
  let closed = false
  return {
    ...database,
    url,
    async close() {
      await database.close()
      if (!lends) await dropOnPostgres(admin, name)
      else if (!closed) giveBack(name)
      closed = true
    },
  }
}
