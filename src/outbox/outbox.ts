import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Database } from '../store/database.ts'
import { perform } from './perform.ts'
import { publish } from './publish.ts'

/**
 * Everything that goes out to GitHub. `step()` does what can be done now; 0 means that nothing could. Once `stopping` is
 * aborted, nothing more is claimed.
 */
export type Outbox = { step(stopping?: AbortSignal): Promise<number> }

/** Opens the outbox; any number of processes may have one open on the same database. */
export function openOutbox(o: {
  database: Database
  door: Door
  github: GitHub
  now: () => Instant
  log: Logger
  baseUrl: string
  token?: () => string
}): Outbox {
  const parts = { ...o, token: o.token ?? randomUUID }
  return {
    async step(stopping) {
      // What must happen once goes before what must be true.
      const performed = await perform(parts)
      let published = 0
      while (!stopping?.aborted && published < AT_ONCE && (await publish(parts))) published += 1
      return performed + published
    },
  }
}

/** Enough that a step is worth its while, few enough that effects never wait long behind publications. */
const AT_ONCE = 20
