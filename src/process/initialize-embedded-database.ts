// A worker thread: makes the database of an empty directory and ends. `initdb` takes half a gigabyte that its process would
// keep; a thread gives it back when it ends.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

/** Makes an empty database in the directory. */
export async function initializeEmbeddedDatabase(directory: string): Promise<void> {
  const worker = new Worker(import.meta.filename, { workerData: { directory }, execArgv: [] })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  worker.once('error', reject)
  worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`initdb ended with code ${code}`))))
  await promise
}

if (!isMainThread) {
  const { directory } = workerData as { directory: string }
  const pglite = await PGlite.create({ dataDir: directory })
  await pglite.close()
}
