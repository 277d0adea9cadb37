import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { openDatabaseReader } from './database-reader.ts'
import { createServerWithReader, type WebServer, type WebServerParts } from './http-server.ts'

/** The web over a database: the board for everybody who may reach it, and the door for deliveries. */
export function createWebServer(
  o: WebServerParts & { readonly database: Database; readonly githubUrl: string; readonly now: () => Instant },
): WebServer {
  return createServerWithReader({ ...o, reader: openDatabaseReader(o) })
}
