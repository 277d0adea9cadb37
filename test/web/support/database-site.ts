// The site over a real database, open to everyone. Deliveries and reports are accepted and ignored.
import pino from 'pino'
import { openDoor } from '../../../src/apply/door.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { createWebServer } from '../../../src/web/web-server.ts'
import type { TestDatabase } from '../../support/database.ts'
import { withServer } from '../../support/with-server.ts'

export type DatabaseSite = { readonly url: string; close(): Promise<void> }

/** Serves what is stored, as of one moment, on a free port. */
export async function openDatabaseSite(database: TestDatabase, now: Instant): Promise<DatabaseSite> {
  const log = pino({ level: 'silent' })
  const door = openDoor({ database, now: () => now, log })
  const { listen, close } = withServer(
    createWebServer({
      database,
      door,
      signIn: null,
      githubUrl: 'https://github.com',
      now: () => now,
      log,
      receiveDelivery: async (_request, response) => void response.end(),
      report: async (asked) => asked.body(null, 204),
      config: { access: 'open', baseUrl: 'http://localhost', build: 'build-1', databaseNotice: null },
    }),
  )
  return {
    url: `http://127.0.0.1:${await listen()}`,
    async close() {
      await close()
      await door.close()
    },
  }
}
