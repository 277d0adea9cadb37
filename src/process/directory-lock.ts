// PGlite does not notice a second process on its directory, and both would lose rows that were acknowledged. So the
// directory has a lock file with the pid and the start time of its owner: a pid alone may have been reused.
import { link, mkdir, readFile, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identifyProcess, readStartTicks } from './process-identity.ts'

/** The directory belongs to a process that is alive. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse'
}

type LockOwner = { readonly pid: number; readonly startedAt: string | null }

/** Locks the directory for this process; resolves to a function that unlocks it. Throws DataDirectoryInUse. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'andon.lock')
  const mine: LockOwner = { pid: process.pid, startedAt: await readStartTicks(process.pid) }
  if (!(await createLockFile(path, mine))) await takeOverStaleLock(path, mine, directory)
  return () => rm(path, { force: true })
}

/** Creates the lock file whole or not at all: a link to a finished file, which fails if there is one. */
async function createLockFile(path: string, mine: LockOwner): Promise<boolean> {
  const draft = `${path}.${process.pid}.${process.hrtime.bigint()}`
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

async function takeOverStaleLock(path: string, mine: LockOwner, directory: string): Promise<void> {
  const owner = await readLockOwner(path)
  if (owner !== null && (await isOwnerAlive(owner))) throw directoryInUse(directory, `by process ${owner.pid}`)
  const guard = `${path}.takeover`
  if (!(await enterTakeover(guard))) throw directoryInUse(directory, 'by a process that is just starting')
  try {
    // Another process may have taken over since the lock was read.
    const now = await readLockOwner(path)
    if (now !== null && (await isOwnerAlive(now))) throw directoryInUse(directory, `by process ${now.pid}`)
    await rm(path, { force: true })
    if (!(await createLockFile(path, mine))) throw directoryInUse(directory, 'by a process that is just starting')
  } finally {
    await rmdir(guard)
  }
}

const MAX_TAKEOVER_MS = 10_000

/** One process at a time decides about a stale lock; an old guard of a process that died meanwhile is removed. */
async function enterTakeover(guard: string): Promise<boolean> {
  const existing = await stat(guard).catch(() => null)
  if (existing !== null && Date.now() - existing.mtimeMs > MAX_TAKEOVER_MS) await rmdir(guard).catch(() => undefined)
  return mkdir(guard).then(
    () => true,
    () => false,
  )
}

function directoryInUse(directory: string, by: string): DataDirectoryInUse {
  return new DataDirectoryInUse(`${directory} is in use ${by}: stop it, or set ANDON_DATA to another directory.`)
}

async function readLockOwner(path: string): Promise<LockOwner | null> {
  try {
    const { pid, startedAt } = JSON.parse(await readFile(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? { pid, startedAt } : null
  } catch {
    return null
  }
}

async function isOwnerAlive({ pid, startedAt }: LockOwner): Promise<boolean> {
  const identity = await identifyProcess(pid, startedAt)
  return identity === 'same' || identity === 'unknown'
}
