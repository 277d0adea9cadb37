import type { DatabaseConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { listPendingMigrations, migrate } from '../store/migrate.ts'
import { openPostgresDatabase } from '../store/postgres.ts'
import { DataDirectoryInUse } from './directory-lock.ts'
import { StartupError } from './environment.ts'
import { openEmbeddedDatabase } from './open-embedded-database.ts'

const UNUSABLE_DIRECTORY_CODES = ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT', 'ENOSPC', 'ENAMETOOLONG', 'EBUSY']

/** Opens the configured database. A problem that the operator must fix becomes a StartupError of one sentence. */
export async function openDatabase({ databaseUrl, dataDirectory }: DatabaseConfig): Promise<Database> {
  if (databaseUrl !== null) return checkConnection(await openPostgresDatabase(databaseUrl))
  try {
    return await openEmbeddedDatabase(dataDirectory)
  } catch (error) {
    if (error instanceof DataDirectoryInUse) throw new StartupError(error.message)
    const { code = '' } = error as NodeJS.ErrnoException
    if (UNUSABLE_DIRECTORY_CODES.includes(code)) {
      throw new StartupError(
        `cannot keep a database in ${dataDirectory} (${code}): set ANDON_DATA to a directory that Andon may write to.`,
      )
    }
    throw error
  }
}

/** Migrates the database if `mayMigrate`; otherwise refuses one that lacks a migration. */
export async function migrateOrVerify(database: Database, mayMigrate: boolean): Promise<readonly string[]> {
  if (mayMigrate) return migrate(database)
  const missing = await listPendingMigrations(database)
  if (missing.length === 0) return []
  throw new StartupError(`the database lacks ${missing.join(', ')}: run \`npm run -s andon -- migrate\` first.`)
}

/** A database that cannot be reached is reported at the start, by its name, and not at the first delivery. */
async function checkConnection(database: Database): Promise<Database> {
  try {
    await database.kysely.selectNoFrom((eb) => eb.val(1).as('reached')).execute()
    return database
  } catch (error) {
    await database.close()
    const { code = 'no answer', message } = error as NodeJS.ErrnoException
    // The server's own sentence says more than its code.
    const why = error instanceof Error && 'severity' in error ? `${code}: ${message}` : code
    throw new StartupError(
      `cannot reach the database ${database.location} (${why}): is it running, and is DATABASE_URL right?`,
    )
  }
}
