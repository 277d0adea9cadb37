import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './database.ts'
import { listenOn } from './listen.ts'
import { shareListener } from './share-listener.ts'
import type { Tables } from './tables.ts'
import { trackTransactions } from './track-transactions.ts'
import { INT8, parseTimestamptz, TIMESTAMPTZ } from './type-parsers.ts'

// A process that is frozen inside a transaction must not keep its locks for long: nothing slow happens in a
// transaction.
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 5_000
// Longer than an idle process goes without a query: opening a connection costs more than many queries.
const IDLE_TIMEOUT_MS = 60_000

/** Opens a pool on Postgres. Nothing is connected until the first query, which fails if the server is not there. */
export async function openPostgresDatabase(url: string, options: { connections?: number } = {}): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: typeParserOf },
  })
  // The pool replaces a broken connection, but an `error` event without a listener ends the process. The pool removes
  // its own listener while a connection is checked out, so each connection gets one here.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const kysely = trackTransactions(
    new Kysely<Tables>({
      dialect: new PostgresDialect({ pool }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    }),
  )
  return {
    kysely,
    kind: 'postgres',
    location: withoutPassword(url),
    dump: null,
    listen: shareListener((channel, notified, lost) => listenOn(url, channel, notified, lost)),
    async close() {
      await kysely.destroy()
      // Kysely does not end a pool that it never used.
      if (!pool.ending) await pool.end()
    },
  }
}

const typeParserOf: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === INT8) return Number
  if (oid === TIMESTAMPTZ) return parseTimestamptz
  return format === 'binary' ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid, 'text')
}

function withoutPassword(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}${port && `:${port}`}${pathname}`
}
