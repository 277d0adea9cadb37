import type { DatabaseConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { listPendingMigrations, listUnknownMigrations, migrate } from '../store/migrate.ts'
import { openPostgresDatabase } from '../store/postgres.ts'
import { backUpBeforeMigration } from './back-up-before-migration.ts'
import { StartupError } from './environment.ts'
import { explainPostgresFailure, whyNotPermitted } from './explain-postgres-failure.ts'
import { explainFailure, openEmbeddedDatabase } from './open-embedded-database.ts'

const UNUSABLE_DIRECTORY_CODES = ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT', 'ENOSPC', 'ENAMETOOLONG', 'EBUSY']

/** Opens the configured database. A problem that the operator must fix becomes a StartupError of one sentence. */
export async function openDatabase({ databaseUrl, dataDirectory }: DatabaseConfig): Promise<Database> {
  if (databaseUrl !== null) return checkConnection(await openPostgresDatabase(databaseUrl), databaseUrl)
  try {
    return await openEmbeddedDatabase(dataDirectory)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (UNUSABLE_DIRECTORY_CODES.includes(code)) {
      throw new StartupError(
        `cannot keep a database in ${dataDirectory} (${code}): set ANDON_DATA to a directory that Andon may write to.`,
      )
    }
    throw error
  }
}

/**
 * Migrates the database if `mayMigrate`; otherwise refuses one that lacks a migration. Refuses one of a newer version, and
 * one that its user may not use. An embedded database is backed up before it is migrated.
 */
export async function migrateOrVerify(
  database: Database,
  { databaseUrl }: Pick<DatabaseConfig, 'databaseUrl'>,
  mayMigrate: boolean,
): Promise<readonly string[]> {
  try {
    const unknown = await listUnknownMigrations(database)
    if (unknown.length > 0)
      throw new StartupError(
        `the database ${database.location} belongs to a newer version of Andon (it has ${unknown.join(', ')}): deploy that version, or restore the backup from before it.`,
      )
    const missing = await listPendingMigrations(database)
    if (missing.length > 0) {
      if (!mayMigrate)
        throw new StartupError(`the database lacks ${missing.join(', ')}: run \`npm run -s andon -- migrate\` first.`)
      await backUpBeforeMigration(database, missing, new Date().toISOString())
      return await migrate(database)
    }
    const refusal = await whyNotPermitted(database)
    if (refusal !== null) throw new StartupError(refusal)
    return []
  } catch (error) {
    if (error instanceof StartupError) throw error
    if (databaseUrl === null) return await explainFailure(database.location, Promise.reject(error))
    if (!isOfServer(error)) throw error
    throw explainPostgresFailure(error, database.location, databaseUrl)
  }
}

/** A database that cannot be used is reported at the start, by its name, and not at the first delivery. */
async function checkConnection(database: Database, url: string): Promise<Database> {
  try {
    await database.kysely.selectNoFrom((eb) => eb.val(1).as('reached')).execute()
    return database
  } catch (error) {
    await database.close()
    throw explainPostgresFailure(error, database.location, url)
  }
}

function isOfServer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error
}
