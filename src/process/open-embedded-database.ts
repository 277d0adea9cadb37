import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Database } from '../store/database.ts'
import { PGLITE_OPTIONS, wrapPGlite } from '../store/embedded.ts'
import { makeDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { initializeEmbeddedDatabase } from './initialize-embedded-database.ts'

// By default Postgres reserves 128 MB and fills them as pages are read; the kernel caches the same pages anyway
// (docs/decisions/0012-idle.md).
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB']

/** Opens the database in a directory and locks the directory until closed; throws DataDirectoryInUse. */
export async function openEmbeddedDatabase(directory: string): Promise<Database> {
  await makeDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const dataDir = join(directory, 'postgres')
    await initializeEmbeddedDatabase(dataDir)
    const pglite = await PGlite.create({ ...PGLITE_OPTIONS, dataDir, startParams: START_PARAMETERS })
    const database = wrapPGlite(pglite, directory)
    return { ...database, close: () => database.close().finally(unlock) }
  } catch (error) {
    await unlock()
    throw error
  }
}
