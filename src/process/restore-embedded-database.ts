import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { PGLITE_OPTIONS, wrapPGlite } from '../store/embedded.ts'
import { migrate } from '../store/migrate.ts'
import { makeDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'

export type RestoreResult =
  /** `setAside` is where the former database is now; null if there was none. */
  | { readonly state: 'restored'; readonly setAside: string | null }
  /** There is a database, which may not be replaced. */
  | { readonly state: 'occupied' }
  | { readonly state: 'unreadable'; readonly why: string }

/**
 * Puts a dump in the place of the directory's database. It is unpacked, opened and migrated beside it first, so that
 * nothing changes if it cannot be used. Throws DataDirectoryInUse.
 */
export async function restoreEmbeddedDatabase(o: {
  directory: string
  dump: Uint8Array<ArrayBuffer>
  mayReplace: boolean
  now: string
}): Promise<RestoreResult> {
  await makeDirectory(o.directory)
  const unlock = await lockDirectory(o.directory)
  const dataDir = join(o.directory, 'postgres')
  // Under this name the start that makes a database removes what a killed restore has left.
  const draft = `${dataDir}.draft-${process.pid}`
  try {
    const isOccupied = existsSync(dataDir)
    if (isOccupied && !o.mayReplace) return { state: 'occupied' }
    const why = await unpack(o.dump, draft)
    if (why !== null) return { state: 'unreadable', why }
    const setAside = isOccupied ? `${dataDir}.replaced-${o.now.replaceAll(/[:.]/g, '-')}` : null
    if (setAside !== null) await rename(dataDir, setAside)
    await rename(draft, dataDir)
    return { state: 'restored', setAside }
  } finally {
    await rm(draft, { recursive: true, force: true })
    await unlock()
  }
}

/** Resolves to what is wrong with the dump; null if it is a database of this version or an older one. */
async function unpack(dump: Uint8Array<ArrayBuffer>, directory: string): Promise<string | null> {
  try {
    // Not by PGlite, which lets the error of a damaged archive end the process.
    const loadDataDir = new Blob([await promisify(gunzip)(dump)], { type: 'application/x-tar' })
    const database = wrapPGlite(await PGlite.create({ ...PGLITE_OPTIONS, dataDir: directory, loadDataDir }), directory)
    try {
      const tables = await database.kysely.introspection.getTables()
      if (!tables.some(({ name }) => name === 'pipelines')) return 'it has no pipelines'
      // It fails on a migration that this version does not know.
      await migrate(database)
      return null
    } finally {
      await database.close()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
