import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deriveKeys, type SecretKeys } from '../sign-in/keys.ts'
import { openDataDirectory } from './data-directory.ts'
import { writeWhole } from './write-whole.ts'

/** The keys of the configured secret, or of the one that is kept. */
export async function secretKeysOf(o: {
  readonly secret: string | null
  readonly dataDirectory: string
}): Promise<SecretKeys> {
  return deriveKeys(o.secret ?? (await keepSecret(o.dataDirectory)))
}

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
