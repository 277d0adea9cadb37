import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { askQuestions, askSenderPermissions } from './ask-questions.ts'
import { cancelRuns } from './cancel.ts'
import { sendDispatches, type UnreportedResults } from './dispatch.ts'
import { publish } from './publish.ts'
import { sendReactions } from './react.ts'
import { recoverDispatches } from './recover-dispatch.ts'
import { recoverReplies } from './recover-reply.ts'
import { sendReplies } from './reply.ts'

/**
 * Everything that goes out to GitHub. `step()` does what can be done now; 0 means that nothing could. Once `stopping` is
 * aborted, nothing more is claimed.
 */
export type Outbox = {
  step(stopping?: AbortSignal): Promise<number>
  /** Only what somebody waits for who has just given a command: it must not wait for a step that is long. */
  acknowledge(stopping?: AbortSignal): Promise<number>
}

/** Opens the outbox; any number of processes may have one open on the same database. */
export function openOutbox(o: {
  database: Database
  door: Door
  github: GitHub
  now: () => Instant
  log: Logger
  baseUrl: string
  githubUrl: string
  token?: () => string
}): Outbox {
  const parts = { ...o, token: o.token ?? randomUUID }
  const unreported: UnreportedResults = new Map()
  async function acknowledge(stopping?: AbortSignal): Promise<number> {
    return (await askSenderPermissions(parts)) + (await sendReactions(parts, stopping))
  }

  return {
    acknowledge,
    async step(stopping) {
      // What must happen once goes before what must be true, and of that what somebody waits for most.
      let done = (await acknowledge(stopping)) + (await sendDispatches(parts, unreported, stopping))
      for (const perform of [recoverDispatches, cancelRuns, askQuestions, recoverReplies, sendReplies]) {
        if (!stopping?.aborted) done += await perform(parts, stopping)
      }
      for (let published = 0; !stopping?.aborted && published < MAX_PUBLICATIONS_PER_STEP; published += 1) {
        if (!(await publish(parts, stopping))) break
        done += 1
      }
      return done
    },
  }
}

/** Enough that a step is worth its while, few enough that effects never wait long behind publications. */
const MAX_PUBLICATIONS_PER_STEP = 20
