import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { PGLITE_OPTIONS, wrapPGlite } from '../store/embedded.ts'
import { listUnknownMigrations, migrate } from '../store/migrate.ts'
import { openDataDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { makeDraft } from './initialize-embedded-database.ts'

/** How the names of databases begin that a restore has replaced. */
export const SET_ASIDE = 'postgres.replaced-'

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
  await openDataDirectory(o.directory)
  const unlock = await lockDirectory(o.directory)
  const dataDir = join(o.directory, 'postgres')
  let draft: string | null = null
  try {
    const isOccupied = existsSync(dataDir)
    if (isOccupied && !o.mayReplace) return { state: 'occupied' }
    draft = await makeDraft(dataDir)
    const why = await unpack(o.dump, draft)
    if (why !== null) return { state: 'unreadable', why }
    const setAside = isOccupied ? join(o.directory, `${SET_ASIDE}${o.now.replaceAll(/[:.]/g, '-')}`) : null
    if (setAside !== null) await rename(dataDir, setAside)
    await rename(draft, dataDir)
    return { state: 'restored', setAside }
  } finally {
    if (draft !== null) await rm(draft, { recursive: true, force: true })
    unlock()
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
      if ((await listUnknownMigrations(database)).length > 0) return 'it is of a newer version of Andon'
      await migrate(database)
      return null
    } finally {
      await database.close()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
