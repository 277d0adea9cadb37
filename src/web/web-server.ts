import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { openDatabaseReader } from './database-reader.ts'
import { createServerWithReader, type WebServer, type WebServerParts } from './http-server.ts'

/** The web server over a database: the board, and the endpoints for deliveries and reports. */
export function createWebServer(
  o: WebServerParts & { readonly database: Database; readonly githubUrl: string; readonly now: () => Instant },
): WebServer {
  return createServerWithReader({ ...o, reader: openDatabaseReader(o) })
}
