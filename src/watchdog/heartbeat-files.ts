// The heartbeat for the operator with nothing else left: readable when the database is away. A file is replaced whole,
// so that nobody reads half of one.
import { lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../process/data-directory.ts'
import { flawOf, type Heartbeat, type Self } from './heartbeat.ts'

/** A file as it was found: a heartbeat, or what is wrong with it. */
export type FoundFile =
  | { readonly name: string; readonly heartbeat: Heartbeat }
  | { readonly name: string; readonly heartbeat: null; readonly flaw: string }

/** Where the loops of a data directory leave their files. */
export function loopsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'loops')
}

/** The socket on which a loop may be asked to stop. */
export function stopSocket(dataDirectory: string, self: Pick<Self, 'role' | 'pid'>): string {
  return join(loopsDirectory(dataDirectory), `${self.role}-${self.pid}.sock`)
}

/** Replaces the file of a loop. */
export async function writeHeartbeat(dataDirectory: string, heartbeat: Heartbeat): Promise<void> {
  const path = fileOf(dataDirectory, heartbeat)
  await makeDirectory(loopsDirectory(dataDirectory))
  await writeFile(`${path}.draft`, `${JSON.stringify(heartbeat, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.draft`, path)
}

/** Removes what a loop has left. */
export async function removeHeartbeat(dataDirectory: string, self: Pick<Self, 'role' | 'pid'>): Promise<void> {
  const path = fileOf(dataDirectory, self)
  for (const left of [path, `${path}.draft`, stopSocket(dataDirectory, self)]) await rm(left, { force: true })
}

/** Reads every file there is; none when no loop has ever beaten here. */
export async function readHeartbeats(dataDirectory: string): Promise<readonly FoundFile[]> {
  const directory = loopsDirectory(dataDirectory)
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => readOne(directory, name)),
  )
  return found.filter((file) => file !== null)
}

const LONGEST_FILE = 64 * 1024

async function readOne(directory: string, name: string): Promise<FoundFile | null> {
  const flawed = (flaw: string): FoundFile => ({ name, heartbeat: null, flaw })
  try {
    const stats = await lstat(join(directory, name))
    if (!stats.isFile() || stats.size > LONGEST_FILE) return flawed('it is not a file of a loop')
    const text = await readFile(join(directory, name), 'utf8')
    if (text.trim() === '') return flawed('it is empty')
    const told: unknown = JSON.parse(text)
    const flaw = flawOf(told)
    if (flaw !== null) return flawed(flaw)
    const heartbeat = told as Heartbeat
    return nameOf(heartbeat) === name ? { name, heartbeat } : flawed('it speaks of another loop')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Its loop ended in this moment.
    if (code === 'ENOENT') return null
    return flawed(error instanceof SyntaxError ? 'it is cut off or no JSON' : `it cannot be read (${code})`)
  }
}

function fileOf(dataDirectory: string, self: Pick<Self, 'role' | 'pid'>): string {
  return join(loopsDirectory(dataDirectory), nameOf(self))
}

function nameOf({ role, pid }: Pick<Self, 'role' | 'pid'>): string {
  return `${role}-${pid}.json`
}
