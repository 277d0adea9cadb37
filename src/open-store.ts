import { BadConfig, type StoreConfig } from './config.ts'
import type { Database } from './store/database.ts'
import { openEmbedded } from './store/embedded.ts'
import { StoreBusy } from './store/lock.ts'
import { openPostgres } from './store/postgres.ts'

/** Opens the database the configuration names. What an operator must mend becomes a BadConfig of one sentence. */
export async function openStore({ databaseUrl, dataDirectory }: StoreConfig): Promise<Database> {
  if (databaseUrl !== null) return openPostgres(databaseUrl)
  try {
    return await openEmbedded(dataDirectory)
  } catch (error) {
    if (error instanceof StoreBusy) throw new BadConfig(error.message)
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR' || code === 'ENOSPC') {
      throw new BadConfig(
        `cannot keep a database in ${dataDirectory} (${code}): set ANDON_DATA to a directory I may write to.`,
      )
    }
    throw error
  }
}
