// PGlite does not notice a second process on its directory, and both would lose rows that were acknowledged. A pid says
// nothing to a process of another container, so the owner is whoever holds a lock of the kernel on a file, which every
// container sees and which ends with its owner, however that ends. Node has no lock of its own, but its SQLite takes one
// for a transaction (docs/decisions/0034-the-folder.md).
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartupError } from './environment.ts'

/** The directory belongs to a process that is alive. */
export class DataDirectoryInUse extends StartupError {
  override readonly name = 'DataDirectoryInUse'
}

/** A lock that nothing refers to is collected, and with it ends. */
const held = new Set<DatabaseSync>()

/** Locks the directory for this process; resolves to a function that unlocks it. Throws DataDirectoryInUse. */
export async function lockDirectory(directory: string): Promise<() => void> {
  const path = join(directory, 'owner.lock')
  const owner = join(directory, 'owner')
  await createFile(path)
  const lock = takeLock(path)
  if (lock === null) {
    const name = await readFile(owner, 'utf8').catch(() => 'a process that is just starting')
    throw new DataDirectoryInUse(`${directory} is in use by ${name}: stop it, or set ANDON_DATA to another directory.`)
  }
  held.add(lock)
  const unlock = () => {
    if (held.delete(lock)) lock.close()
  }
  try {
    await writeFile(owner, `process ${process.pid} on ${hostname()}`, { mode: 0o600 })
  } catch (error) {
    unlock()
    throw error
  }
  return unlock
}

/** Never opens one that is there: closing it again would end a lock that this process has on it. */
async function createFile(path: string): Promise<void> {
  await writeFile(path, '', { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

/** In the lowest byte of https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5

/** The file stays empty, and is never removed: another process may be about to lock it. */
function takeLock(path: string): DatabaseSync | null {
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) return null
    throw error
  }
}
