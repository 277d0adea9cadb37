import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { type BoundedConnections, type Bounds, openBoundedConnections } from './bounded-connections.ts'
import type { Database } from './database.ts'
import { listenOn } from './listen.ts'
import { shareListener } from './share-listener.ts'
import type { Tables } from './tables.ts'
import { trackTransactions } from './track-transactions.ts'
import { INT8, parseTimestamptz, TIMESTAMPTZ } from './type-parsers.ts'

// A process that is frozen inside a transaction must not keep its locks for long: nothing slow happens in a
// transaction.
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
// Longer than an idle process goes without a query: opening a connection costs more than many queries.
const IDLE_TIMEOUT_MS = 60_000
/** What the server and the client wait for at most. The server gives up first: its answer says that it lives. */
type Timeouts = Bounds & {
  readonly connectMs: number
  readonly statementMs: number
  /** Zero: as long as a statement may take. */
  readonly lockMs: number
}
const TIMEOUTS: Timeouts = {
  ...{ connectMs: 5_000, statementMs: 8_000, lockMs: 0 },
  ...{ answerMs: 9_000, transactionMs: 30_000 },
}
/** GitHub waits ten seconds for the answer to a delivery. */
const RESERVED_TIMEOUTS: Timeouts = {
  ...{ connectMs: 3_000, statementMs: 4_000, lockMs: 1_000 },
  ...{ answerMs: 5_000, transactionMs: 6_000 },
}
/** For the lanes of the door, and for the one who asks whether it is open. */
const RESERVED_CONNECTIONS = 4
const CONNECTIONS = 6

/** Opens pools on Postgres. Nothing is connected until the first query, which fails if the server is not there. */
export async function openPostgresDatabase(
  url: string,
  options: { connections?: number; reservedBounds?: Bounds } = {},
): Promise<Database> {
  const connections = openBoundedConnections()
  const openPool = (max: number, timeouts: Timeouts | null) => openBoundedPool({ url, connections, max, timeouts })
  const pools = {
    kysely: openPool(options.connections ?? CONNECTIONS, TIMEOUTS),
    reserved: openPool(options.connections ?? RESERVED_CONNECTIONS, {
      ...RESERVED_TIMEOUTS,
      ...options.reservedBounds,
    }),
    patient: openPool(1, null),
  }
  return {
    kysely: kyselyOver(pools.kysely),
    reserved: kyselyOver(pools.reserved),
    patient: kyselyOver(pools.patient),
    kind: 'postgres',
    location: withoutPassword(url),
    dump: null,
    listen: shareListener((channel, notified, lost) => listenOn({ url, connections }, channel, notified, lost)),
    renew: connections.renew,
    async close() {
      // A server that is silent does not even answer a goodbye.
      const grace = setTimeout(connections.endAll, CLOSE_GRACE_MS)
      await Promise.all(Object.values(pools).map((pool) => pool.end()))
      clearTimeout(grace)
    },
  }
}

const CLOSE_GRACE_MS = 1_000

/** Without them, a statement takes as long as it takes. */
function openBoundedPool(o: {
  url: string
  connections: BoundedConnections
  max: number
  timeouts: Timeouts | null
}): pg.Pool {
  const { timeouts } = o
  const pool = new pg.Pool({
    connectionString: o.url,
    max: o.max,
    connectionTimeoutMillis: (timeouts ?? TIMEOUTS).connectMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    ...(timeouts !== null && { statement_timeout: timeouts.statementMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: typeParserOf },
    async onConnect(client) {
      // The pool removes its own listener while a connection is checked out, and an `error` event without one ends the
      // process.
      client.on('error', () => undefined)
      if (timeouts === null || !(client instanceof pg.Client)) return
      o.connections.bound(client, timeouts)
      await client.query(SESSION_SETTINGS, [timeouts.lockMs, timeouts.answerMs])
    },
  })
  pool.on('error', () => undefined)
  pool.on('acquire', (client) => o.connections.setInUse(client, true))
  pool.on('release', (_, client) => o.connections.setInUse(client, false))
  return pool
}

/**
 * The server, too, is to notice that we are gone, and to give our locks to others. Not as parameters of the start, which a
 * pooler refuses; and only what this version of the server has.
 */
const SESSION_SETTINGS = `
  select set_config(name, case name when 'lock_timeout' then $1::text else $2::text end, false) from pg_settings
  where name in ('lock_timeout', 'tcp_user_timeout', 'client_connection_check_interval') and context = 'user'`

function kyselyOver(pool: pg.Pool): Kysely<Tables> {
  return trackTransactions(
    new Kysely<Tables>({
      dialect: new PostgresDialect({ pool }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    }),
  )
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
