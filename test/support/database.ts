import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { lendEmbedded } from './lent.ts'
import { copyOnPostgres, onServer, urlOf } from './template.ts'

export type FreshDatabase = Database & {
  /** On Postgres, for other pools and processes; undefined when embedded. */
  readonly url?: string
}

/** The database the tests of this run are on. */
export function kindOfRun(): Database['kind'] {
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

/** A migrated, empty database of its own; closing it removes it. */
export async function freshDatabase(kind: Database['kind'] = kindOfRun()): Promise<FreshDatabase> {
  if (kind === 'embedded') return lendEmbedded()
  const admin = postgresServer()
  const name = await copyOnPostgres(admin)
  const url = urlOf(admin, name)
  const database = await openPostgres(url)
  return {
    ...database,
    url,
    async close() {
      await database.close()
      // Processes that were killed may have left sessions behind.
      await onServer(admin, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}
