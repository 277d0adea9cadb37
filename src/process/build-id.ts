import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const HASHED_FOLDERS = ['src', 'views', 'public', 'migrations']

/** The id of this build, which changes when a page, a style or the code behind them changes. */
export async function hashBuild(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of HASHED_FOLDERS) {
    const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    for (const path of paths.sort()) hash.update(path.slice(ROOT.length)).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 12)
}
