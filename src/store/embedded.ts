import type { PGlite, PGliteOptions } from '@electric-sql/pglite'
import { CamelCasePlugin, Kysely, PGliteDialect, type PGliteDialectConfig } from 'kysely'
import type { Database } from './database.ts'
import { type PreparedStatements, prepareStatements } from './prepared-statements.ts'
import type { Tables } from './tables.ts'
import { trackTransactions } from './track-transactions.ts'
import { INT8, parseTimestamptz, TIMESTAMPTZ } from './type-parsers.ts'

/** Options for every PGlite, so that it returns the same types as Postgres. */
export const PGLITE_OPTIONS = { parsers: { [INT8]: Number, [TIMESTAMPTZ]: parseTimestamptz } } satisfies PGliteOptions

/** Wraps an open PGlite. It has one connection: inside a transaction, only the transaction may be used. */
export function wrapPGlite(pglite: PGlite, location: string, prepared: PreparedStatements = new Map()): Database {
  const kysely = kyselyOverPGlite(prepareStatements(pglite, prepared))
  // Each of the two lets one statement or transaction wait for the connection: the door waits for no more than one of others.
  const reserved = kyselyOverPGlite(prepareStatements(pglite, prepared))
  return {
    kysely,
    reserved,
    patient: kyselyOverPGlite(pglite),
    kind: 'embedded',
    location,
    listen: (channel, notified) => pglite.listen(channel, notified),
    // PGlite runs it alone: what is committed is in it, and an open transaction is rolled back where it is opened again.
    dump: async () => new Uint8Array(await (await pglite.dumpDataDir('gzip')).arrayBuffer()),
    renew: () => undefined,
    async close() {
      await kysely.destroy()
      await reserved.destroy()
      if (!pglite.closed) await pglite.close()
    },
  }
}

function kyselyOverPGlite(pglite: PGliteDialectConfig['pglite']): Kysely<Tables> {
  return trackTransactions(
    new Kysely<Tables>({
      dialect: new PGliteDialect({ pglite }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    }),
  )
}
