// Plain SQL files, forward only, in the order of their names: the schema outlives the code and can be read without
// TypeScript. Kysely records which files have run and lets one process at a time run them.
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const FOLDER = resolve(import.meta.dirname, '../../migrations')

/** Processes of the version before may be at work: while a migration waits for a table, nothing they do there goes on. */
const LOCK_TIMEOUT = sql`'2s'`
const PAUSE_MS = 500
/** For more than a minute. */
const MOST_TRIES = 30

/**
 * Brings the database to this version's schema; resolves to the migrations that ran. All run in one transaction; one that
 * cannot get a lock, or that waits in a circle with others, gives way to them and is tried again.
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  for (let left = MOST_TRIES; ; left -= 1) {
    const { error, results = [] } = await createMigrator(database.patient).migrateToLatest()
    if (error === undefined)
      return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
    if (left === 1 || !isKeptFromLock(error)) throw error
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** Postgres' `deadlock_detected` and `lock_not_available`. */
function isKeptFromLock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['40P01', '55P03'].includes(String(error.code))
}

/** Migrations that have not run yet. */
export async function listPendingMigrations({ kysely }: Pick<Database, 'kysely'>): Promise<readonly string[]> {
  const migrations = await createMigrator(kysely).getMigrations()
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

/** Migrations that a newer version has run. */
export async function listUnknownMigrations({ kysely }: Database): Promise<readonly string[]> {
  const { rows: tables } = await sql`select 1 where to_regclass('kysely_migration') is not null`.execute(kysely)
  if (tables.length === 0) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(kysely)
  const known = await getMigrations()
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(known, name))
}

function createMigrator(kysely: Kysely<Tables>): Migrator {
  return new Migrator({ db: kysely.withoutPlugins(), provider: { getMigrations } })
}

async function getMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  const migrations = files.map(async (file) => [file.replace(/\.sql$/, ''), await readMigration(file)] as const)
  return Object.fromEntries(await Promise.all(migrations))
}

async function readMigration(file: string): Promise<Migration> {
  const text = await readFile(join(FOLDER, file), 'utf8')
  // The drivers send one statement at a time; inside `do` a whole file is one statement.
  const whole = sql.raw(`do language plpgsql $andon$ begin execute $migration$${text}$migration$; end $andon$`)
  return {
    async up(db) {
      // Whatever the server's own limit is: an index over a full table takes as long as it takes.
      await sql`set local statement_timeout = 0`.execute(db)
      await sql`set local lock_timeout = ${LOCK_TIMEOUT}`.execute(db)
      await whole.execute(db)
    },
  }
}
