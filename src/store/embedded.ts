import { join } from 'node:path'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { CamelCasePlugin, Kysely, PGliteDialect } from 'kysely'
import type { Database } from './database.ts'
import { makeDirectory } from './directory.ts'
import { lockDirectory } from './lock.ts'
import { INT8, instantOf, TIMESTAMPTZ } from './parsers.ts'
import type { Tables } from './tables.ts'
import { watchTransactions } from './transactions.ts'

/** What every PGlite of ours is opened with, so that it answers in the same types as Postgres does. */
export const PGLITE_OPTIONS = { parsers: { [INT8]: Number, [TIMESTAMPTZ]: instantOf } } satisfies PGliteOptions

/** Opens the database in a directory, which is this process' alone until closed; throws StoreBusy if it is another's. */
export async function openEmbedded(directory: string): Promise<Database> {
  await makeDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const pglite = await PGlite.create({ ...PGLITE_OPTIONS, dataDir: join(directory, 'postgres') })
    const database = overPGlite(pglite, directory)
    return { ...database, close: () => database.close().finally(unlock) }
  } catch (error) {
    await unlock()
    throw error
  }
}

/** The database over a PGlite that is open. It has one connection: inside a transaction, only the transaction may be used. */
export function overPGlite(pglite: PGlite, where: string): Database {
  const kysely = watchTransactions(
    new Kysely<Tables>({
      dialect: new PGliteDialect({ pglite }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    }),
  )
  return {
    kysely,
    kind: 'embedded',
    where,
    engine: { pglite },
    listen: (channel, heard) => pglite.listen(channel, heard),
    async close() {
      await kysely.destroy()
      if (!pglite.closed) await pglite.close()
    },
  }
}
