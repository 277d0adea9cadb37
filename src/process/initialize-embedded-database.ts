// The database of a new directory is made by a separate process: `initdb` takes a gigabyte, of which the process that
// runs it would keep a hundred megabytes. It is made under another name, so that a killed start leaves no half of one.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'

/** Makes a new database at a path where there is nothing, or an empty folder. */
export async function initializeEmbeddedDatabase(dataDir: string): Promise<void> {
  const draft = await makeDraft(dataDir)
  await promisify(execFile)(process.execPath, [import.meta.filename, draft])
  await rename(draft, dataDir)
}

/** An empty folder beside the database, for its user alone; what killed processes have left under such names is removed. */
export async function makeDraft(dataDir: string): Promise<string> {
  const prefix = `${basename(dataDir)}.draft-`
  const left = (await readdir(dirname(dataDir))).filter((name) => name.startsWith(prefix))
  // The process that makes a draft may outlive the one that started it by a moment, and then it is left once more.
  for (const name of left)
    await rm(join(dirname(dataDir), name), { recursive: true, force: true }).catch(() => undefined)
  return await mkdtemp(join(dirname(dataDir), prefix))
}

if (process.argv[1] === import.meta.filename) {
  const pglite = await PGlite.create({ dataDir: process.argv[2] ?? '' })
  await pglite.close()
}
