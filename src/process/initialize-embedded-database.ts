// The database of an empty directory is made by a separate process: `initdb` takes a gigabyte, of which the process
// that runs it would keep a hundred megabytes. It is made under another name, so that a killed start leaves no half of
// one.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'

/** Makes the database of a directory unless there is one. */
export async function initializeEmbeddedDatabase(dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return
  const parent = dirname(dataDir)
  const drafts = (await readdir(parent)).filter((name) => name.startsWith(`${basename(dataDir)}.draft`))
  for (const draft of drafts) await rm(join(parent, draft), { recursive: true, force: true })
  const draft = `${dataDir}.draft-${process.pid}`
  await promisify(execFile)(process.execPath, [import.meta.filename, draft])
  await rename(draft, dataDir)
}

if (process.argv[1] === import.meta.filename) {
  const pglite = await PGlite.create({ dataDir: process.argv[2] ?? '' })
  await pglite.close()
}
