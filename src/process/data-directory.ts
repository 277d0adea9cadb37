// The data directory holds what private issues are about, people's sealed tokens, and sockets that obey whoever opens
// them. So it is private, whatever the umask, and never one that another user could have prepared.
import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartupError } from './environment.ts'

const PRIVATE = 0o700
const OTHERS_READ = 0o055
const OTHERS_WRITE = 0o022

/**
 * Makes the data directory unless it is there, and lets no other user into it. Throws StartupError for one that another
 * user owns or has been able to write to: what is in it may be prepared.
 */
export async function openDataDirectory(path: string): Promise<void> {
  await makeDirectory(path)
  const me = process.getuid?.()
  // Windows knows neither owners nor modes of this kind.
  if (me === undefined) return
  const advice = 'set ANDON_DATA to a folder that does not exist yet, which Andon makes'
  const { uid: linkOwner } = await lstat(path)
  const { uid, mode } = await stat(path)
  // A link that root has made leads where the operator wants.
  if (uid !== me || (linkOwner !== me && linkOwner !== 0))
    throw new StartupError(
      `${path} belongs to user ${uid === me ? linkOwner : uid}, and Andon runs as user ${me}: run it as that user, or ${advice}.`,
    )
  if ((mode & OTHERS_WRITE) !== 0 && (await readdir(path)).length > 0)
    throw new StartupError(
      `other users may write to ${path}, and what is in it may be theirs: if it is not, run \`chmod 700\` on it; otherwise ${advice}.`,
    )
  if ((mode & (OTHERS_READ | OTHERS_WRITE)) !== 0) await chmod(path, PRIVATE)
}

/** Makes a directory for its user alone, and its parents. Node's own `recursive` loops for ever where a parent accepts no children (/proc). */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    await mkdir(path, { mode: PRIVATE }).catch((failure: NodeJS.ErrnoException) => {
      if (failure.code !== 'EEXIST') throw failure
    })
  }
}

/** Whether the data directory has an embedded database already. */
export function hasEmbeddedDatabase(directory: string): boolean {
  return existsSync(join(directory, 'postgres', 'PG_VERSION'))
}
