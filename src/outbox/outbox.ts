import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { type DueKind, findDueKinds } from '../store/due-work.ts'
import { askQuestions, askSenderPermissions } from './ask-questions.ts'
import { cancelRuns } from './cancel.ts'
import { sendDispatches, type UnreportedResults } from './dispatch.ts'
import { publish } from './publish.ts'
import { sendReactions } from './react.ts'
import { recoverDispatches } from './recover-dispatch.ts'
import { recoverReplies } from './recover-reply.ts'
import { type ReplyContext, sendReplies } from './reply.ts'

/**
 * Every call to GitHub starts here. `step()` does the work that can be done now; 0 means that there was none. Once
 * `stopping` is aborted, nothing more is claimed.
 */
export type Outbox = {
  step(stopping?: AbortSignal): Promise<number>
  /** Only what the sender of a command waits for, which must not wait for a long step. */
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
  const { database, now } = parts
  const send: Perform = (o, stopping) => sendDispatches(o, unreported, stopping)

  return {
    async acknowledge(stopping) {
      return await performDue(ACKNOWLEDGEMENTS, await findDueKinds(database, now()), stopping)
    },
    async step(stopping) {
      const due = new Set(await findDueKinds(database, now()))
      if (unreported.size > 0) due.add('dispatch')
      // Effects go before publications, and acknowledgements of commands before other effects.
      let done = await performDue([...ACKNOWLEDGEMENTS, ['dispatch', send], ...EFFECTS], due, stopping)
      if (done === 0 && !due.has('publish')) return 0
      for (let published = 0; !stopping?.aborted && published < MAX_PUBLICATIONS_PER_STEP; published += 1) {
        if (!(await publish(parts, stopping))) break
        done += 1
      }
      return done
    },
  }

  /** Performs the kinds that are due, in order. Work done may make more due, so every later kind is then tried. */
  async function performDue(
    kinds: readonly (readonly [DueKind, Perform])[],
    due: ReadonlySet<DueKind>,
    stopping?: AbortSignal,
  ): Promise<number> {
    let done = 0
    for (const [kind, perform] of kinds) {
      if (!stopping?.aborted && (done > 0 || due.has(kind))) done += await perform(parts, stopping)
    }
    return done
  }
}

type Perform = (o: ReplyContext, stopping?: AbortSignal) => Promise<number>

const ACKNOWLEDGEMENTS: readonly (readonly [DueKind, Perform])[] = [
  ['ask permission', askSenderPermissions],
  ['react', sendReactions],
]

const EFFECTS: readonly (readonly [DueKind, Perform])[] = [
  ['recover dispatch', recoverDispatches],
  ['cancel', cancelRuns],
  ['ask', askQuestions],
  ['recover reply', recoverReplies],
  ['reply', sendReplies],
]

/** Enough that a step is worthwhile, few enough that effects never wait long behind publications. */
const MAX_PUBLICATIONS_PER_STEP = 20
