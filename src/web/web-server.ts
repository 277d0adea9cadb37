import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { openReader } from './database-reader.ts'
import { type Parts, serve, type Web } from './http-server.ts'

/** The web over a database: the board for everybody who may reach it, and the door for deliveries. */
export function createServer(
  o: Parts & { readonly database: Database; readonly githubUrl: string; readonly now: () => Instant },
): Web {
  return serve({ ...o, reader: openReader(o) })
}
