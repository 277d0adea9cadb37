// Heartbeats as files, which the operator can read while the database is away. A file is replaced as a whole, so that a
// reader never gets half of one.
import { lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../process/data-directory.ts'
import { type Heartbeat, type LoopProcess, whyNotHeartbeat } from './heartbeat.ts'

/** A file's heartbeat, or what is wrong with it. */
export type HeartbeatFile =
  | { readonly name: string; readonly heartbeat: Heartbeat }
  | { readonly name: string; readonly heartbeat: null; readonly problem: string }

/** Where the loops of a data directory write their files. */
export function loopsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'loops')
}

/** The socket on which a loop can be asked to stop. */
export function stopSocketPath(dataDirectory: string, self: Pick<LoopProcess, 'role' | 'pid'>): string {
  return join(loopsDirectory(dataDirectory), `${self.role}-${self.pid}.sock`)
}

/** Replaces the file of a loop. */
export async function writeHeartbeatFile(dataDirectory: string, heartbeat: Heartbeat): Promise<void> {
  const path = heartbeatPath(dataDirectory, heartbeat)
  await makeDirectory(loopsDirectory(dataDirectory))
  await writeFile(`${path}.draft`, `${JSON.stringify(heartbeat, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.draft`, path)
}

/** Removes the files of a loop. */
export async function removeHeartbeatFile(
  dataDirectory: string,
  self: Pick<LoopProcess, 'role' | 'pid'>,
): Promise<void> {
  const path = heartbeatPath(dataDirectory, self)
  for (const left of [path, `${path}.draft`, stopSocketPath(dataDirectory, self)]) await rm(left, { force: true })
}

/** Reads every heartbeat file; none when no loop has ever beaten in this directory. */
export async function readHeartbeatFiles(dataDirectory: string): Promise<readonly HeartbeatFile[]> {
  const directory = loopsDirectory(dataDirectory)
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => readHeartbeatFile(directory, name)),
  )
  return files.filter((file) => file !== null)
}

const MAX_FILE_BYTES = 64 * 1024

async function readHeartbeatFile(directory: string, name: string): Promise<HeartbeatFile | null> {
  const flawed = (problem: string): HeartbeatFile => ({ name, heartbeat: null, problem })
  try {
    const stats = await lstat(join(directory, name))
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return flawed('it is not a heartbeat file')
    const text = await readFile(join(directory, name), 'utf8')
    if (text.trim() === '') return flawed('it is empty')
    const value: unknown = JSON.parse(text)
    const flaw = whyNotHeartbeat(value)
    if (flaw !== null) return flawed(flaw)
    const heartbeat = value as Heartbeat
    return heartbeatFileName(heartbeat) === name ? { name, heartbeat } : flawed('it describes another loop')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Its loop has just ended and removed it.
    if (code === 'ENOENT') return null
    return flawed(error instanceof SyntaxError ? 'it is truncated or not JSON' : `it cannot be read (${code})`)
  }
}

function heartbeatPath(dataDirectory: string, self: Pick<LoopProcess, 'role' | 'pid'>): string {
  return join(loopsDirectory(dataDirectory), heartbeatFileName(self))
}

function heartbeatFileName({ role, pid }: Pick<LoopProcess, 'role' | 'pid'>): string {
  return `${role}-${pid}.json`
}
