import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDataDirectory } from './data-directory.ts'
import { writeWhole } from './write-whole.ts'

/** The secret that is kept in the data directory; made at the first start. Only the user who runs Andon can read it. */
export async function keepSecret(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, 'secret')
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (kept !== null) return kept.trim()
  await openDataDirectory(dataDirectory)
  const secret = randomBytes(32).toString('hex')
  await writeWhole(path, `${secret}\n`, true)
  return secret
}
