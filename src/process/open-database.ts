import { BadConfig, type StoreConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { migrate, pending } from '../store/migrate.ts'
import { openPostgres } from '../store/postgres.ts'
import { StoreBusy } from './directory-lock.ts'
import { openEmbedded } from './open-embedded-database.ts'

const UNUSABLE = ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT', 'ENOSPC', 'ENAMETOOLONG']

/** Opens the database the configuration names. What an operator must mend becomes a BadConfig of one sentence. */
export async function openStore({ databaseUrl, dataDirectory }: StoreConfig): Promise<Database> {
  if (databaseUrl !== null) return reach(await openPostgres(databaseUrl))
  try {
    return await openEmbedded(dataDirectory)
  } catch (error) {
    if (error instanceof StoreBusy) throw new BadConfig(error.message)
    const { code = '' } = error as NodeJS.ErrnoException
    if (UNUSABLE.includes(code)) {
      throw new BadConfig(
        `cannot keep a database in ${dataDirectory} (${code}): set ANDON_DATA to a directory I may write to.`,
      )
    }
    throw error
  }
}

/** Brings the database to this version's shape if that is ours to do, and refuses one that lacks something if it is not. */
export async function bringUpToDate(database: Database, isOurs: boolean): Promise<readonly string[]> {
  if (isOurs) return migrate(database)
  const missing = await pending(database)
  if (missing.length === 0) return []
  throw new BadConfig(`the database lacks ${missing.join(', ')}: run \`npm run -s andon -- migrate\` first.`)
}

/** A database that cannot be reached is told at once, by its name, and not at the first delivery. */
async function reach(database: Database): Promise<Database> {
  try {
    await database.kysely.selectNoFrom((eb) => eb.lit(1).as('reached')).execute()
    return database
  } catch (error) {
    await database.close()
    const { code = 'no answer' } = error as NodeJS.ErrnoException
    throw new BadConfig(
      `cannot reach the database ${database.where} (${code}): is it running, and is DATABASE_URL right?`,
    )
  }
}
