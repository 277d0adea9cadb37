import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Database } from '../store/database.ts'
import { PGLITE_OPTIONS, wrapPGlite } from '../store/embedded.ts'
import { makeDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'

/** Opens the database in a directory, which is this process' alone until closed; throws DataDirectoryInUse if it is another's. */
export async function openEmbeddedDatabase(directory: string): Promise<Database> {
  await makeDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const pglite = await PGlite.create({ ...PGLITE_OPTIONS, dataDir: join(directory, 'postgres') })
    const database = wrapPGlite(pglite, directory)
    return { ...database, close: () => database.close().finally(unlock) }
  } catch (error) {
    await unlock()
    throw error
  }
}
