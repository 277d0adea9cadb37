// PGlite does not notice a second process on its directory, and both would lose rows that were acknowledged. So the
// directory holds a lock file with the pid and the start time of its owner: a pid alone may have been reused.
import { link, mkdir, readFile, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identify, startTime } from './process-identity.ts'

/** The directory belongs to a process that is alive. */
export class StoreBusy extends Error {
  override readonly name = 'StoreBusy'
}

type Owner = { readonly pid: number; readonly startedAt: string | null }

/** Locks the directory for this process; resolves to what unlocks it. Throws StoreBusy. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'andon.lock')
  const mine: Owner = { pid: process.pid, startedAt: await startTime(process.pid) }
  if (!(await takeFree(path, mine))) await takeOver(path, mine, directory)
  return () => rm(path, { force: true })
}

/** Makes the lock file whole or not at all: a link to a finished file, which fails where one stands. */
async function takeFree(path: string, mine: Owner): Promise<boolean> {
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

async function takeOver(path: string, mine: Owner, directory: string): Promise<void> {
  const owner = await readOwner(path)
  if (owner !== null && (await isAlive(owner))) throw busy(directory, `by process ${owner.pid}`)
  const guard = `${path}.takeover`
  if (!(await enter(guard))) throw busy(directory, 'by a process that is just starting')
  try {
    // Between our look and our turn somebody else may have taken over.
    const now = await readOwner(path)
    if (now !== null && (await isAlive(now))) throw busy(directory, `by process ${now.pid}`)
    await rm(path, { force: true })
    if (!(await takeFree(path, mine))) throw busy(directory, 'by a process that is just starting')
  } finally {
    await rmdir(guard)
  }
}

const LONGEST_TAKEOVER_MS = 10_000

/** One process at a time decides about a stale lock; a guard left by one that died then is removed. */
async function enter(guard: string): Promise<boolean> {
  const left = await stat(guard).catch(() => null)
  if (left !== null && Date.now() - left.mtimeMs > LONGEST_TAKEOVER_MS) await rmdir(guard).catch(() => undefined)
  return mkdir(guard).then(
    () => true,
    () => false,
  )
}

function busy(directory: string, by: string): StoreBusy {
  return new StoreBusy(`${directory} is in use ${by}: stop it, or set ANDON_DATA to another directory.`)
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const { pid, startedAt } = JSON.parse(await readFile(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? { pid, startedAt } : null
  } catch {
    return null
  }
}

async function isAlive({ pid, startedAt }: Owner): Promise<boolean> {
  const identity = await identify(pid, startedAt)
  return identity === 'same' || identity === 'untold'
}
