import type { Database } from '../../src/store/database.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { copyPostgresTemplate, databaseUrlOf } from './database-template.ts'
import { borrowEmbedded } from './embedded-pool.ts'
import { borrowPostgres, dropPostgres, returnPostgres } from './postgres-pool.ts'

export type TestDatabase = Database & {
  /** On Postgres, for other pools and processes; undefined when embedded. */
  readonly url?: string
}

/** The kind of database in this test run. */
function databaseKind(): Database['kind'] {
  const { VITEST, ANDON_TEST_KIND } = process.env
  if (VITEST && !ANDON_TEST_KIND) throw new Error('vitest.config.ts lists this test among those without a database')
  return ANDON_TEST_KIND === 'postgres' ? 'postgres' : 'embedded'
}

/** The URL of the server's administrator, who may create databases. */
export function postgresAdminUrl(): string {
  const admin = process.env.ANDON_TEST_POSTGRES
  if (!admin)
    throw new Error('set ANDON_TEST_POSTGRES to the URL of a Postgres server; `npm test` starts one by itself.')
  return admin
}

/** A migrated, empty database for one test; closing it returns or drops it. */
export async function openTestDatabase(kind: Database['kind'] = databaseKind()): Promise<TestDatabase> {
  if (kind === 'embedded') return borrowEmbedded()
  const admin = postgresAdminUrl()
  // Where the files of a project share a process, the pool lends a database again instead of dropping it.
  const lends = process.env.ANDON_TEST_LENDS === 'yes'
  const name = await (lends ? borrowPostgres(admin) : copyPostgresTemplate(admin))
  const url = databaseUrlOf(admin, name)
  const database = await openPostgresDatabase(url)
  let closed = false
  return {
    ...database,
    url,
    async close() {
      await database.close()
      if (!lends) await dropPostgres(admin, name)
      else if (!closed) returnPostgres(name)
      closed = true
    },
  }
}
