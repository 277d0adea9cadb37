import { readdir, readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Database } from '../store/database.ts'
import { PGLITE_OPTIONS, wrapPGlite } from '../store/embedded.ts'
import { openDataDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { StartupError } from './environment.ts'
import { initializeEmbeddedDatabase } from './initialize-embedded-database.ts'
import { SET_ASIDE } from './restore-embedded-database.ts'

// By default Postgres reserves 128 MB and fills them as pages are read; the kernel caches the same pages anyway
// (docs/decisions/0012-idle.md).
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB']

/** Of the Postgres in our PGlite: it opens no files of another one. */
const POSTGRES_VERSION = '18'

/** A new database takes 40 MB, and a new segment of Postgres' log 16. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024

/**
 * Opens the database in a directory and locks the directory until closed. Throws DataDirectoryInUse, and StartupError
 * where a database may be that cannot be opened: none is ever made in its place.
 */
export async function openEmbeddedDatabase(directory: string): Promise<Database> {
  await openDataDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const dataDir = join(directory, 'postgres')
    if (await isUnused(directory)) await explainFailure(directory, initializeEmbeddedDatabase(dataDir))
    await verifyFiles(dataDir)
    const opening = PGlite.create({ ...PGLITE_OPTIONS, dataDir, startParams: START_PARAMETERS })
    const database = wrapPGlite(await explainFailure(directory, opening), directory)
    return { ...database, close: () => database.close().finally(unlock) }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Resolves as the work does; where files are damaged or the disk is full, it fails with a sentence on that. */
export async function explainFailure<T>(directory: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { bavail, bsize } = await statfs(directory)
    if (bavail * bsize < LEAST_FREE_BYTES || codeOf(error) === '53100')
      throw new StartupError(`there is no room left for the database in ${directory}: make some, and start again.`)
    if (!isOfDamage(error)) throw error
    throw new StartupError(
      `the database in ${directory} cannot be opened, because files are damaged, missing or another user's: put back a whole copy of the folder, or run \`restore FILE --replace\` with a backup.`,
    )
  }
}

async function isUnused(directory: string): Promise<boolean> {
  const dataDir = join(directory, 'postgres')
  if ((await listNames(dataDir)).length > 0) return false
  const setAside = (await listNames(directory)).filter((name) => name.startsWith(SET_ASIDE)).toSorted()
  const latest = setAside.at(-1)
  if (latest === undefined) return true
  throw new StartupError(
    `${directory} has no database but ${latest}, which a restore has set aside: rename it to postgres, or move it away to begin anew.`,
  )
}

async function verifyFiles(dataDir: string): Promise<void> {
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new StartupError(
      `${dataDir} may be a database, but lacks PG_VERSION: put back a whole copy, run \`restore FILE --replace\` with a backup, or move it away to begin anew.`,
    )
  })
  if (version.trim() === POSTGRES_VERSION) return
  throw new StartupError(
    `${dataDir} was written by Postgres ${version.trim().slice(0, 20)}, and this version of Andon has Postgres ${POSTGRES_VERSION}: start the version of Andon that wrote it.`,
  )
}

async function listNames(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? '')
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html: a system error, or something internal. Where Postgres
// ends itself, PGlite only says that it failed or was aborted.
function isOfDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  return /^(58|XX)...$/.test(codeOf(error)) || /failed to initialize|^Aborted\(/.test(error.message)
}
