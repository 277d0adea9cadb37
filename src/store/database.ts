// One shape over two databases: Postgres by URL, or PGlite embedded in this process behind a lock on its directory.
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { Tables } from './tables.ts'

export type Transaction = KyselyTransaction<Tables>

export type Database = {
  readonly kysely: Kysely<Tables>
  /**
   * The same tables over connections of the door's own, which nobody who reads can take from deliveries. Everything on them
   * ends within seconds: a connection that is silent for longer is ended.
   */
  readonly reserved: Kysely<Tables>
  /** For migrations: it waits for as long as a statement takes. */
  readonly patient: Kysely<Tables>
  readonly kind: 'postgres' | 'embedded'
  /** For people: host and name of the database or the directory, never a password. */
  readonly location: string
  /**
   * Calls `notified` for each notification on a channel, until the returned function is called. `lost` is called when
   * some may have been missed: the listener then queries for itself.
   */
  listen(channel: string, notified: (payload: string) => void, lost: () => void): Promise<() => Promise<void>>
  /** Reads all files of an embedded database at one moment, as a compressed archive; null for Postgres, which has pg_dump. */
  readonly dump: (() => Promise<Uint8Array>) | null
  /** Gives up connections that nothing uses now: the address may lead to another server by now. */
  renew(): void
  close(): Promise<void>
}
