import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { notePresence, type PresencePart } from '../store/presence.ts'

export type PresenceKeeper = {
  /** These parts are there; written down at most every ten seconds. */
  note(): Promise<void>
  /** Notes it by a timer, where no loop does; the returned function ends that. */
  start(log: Logger): () => void
}

/** A few times within the time after which a part counts as away. */
const EVERY_MS = 10_000

export function openPresence(o: {
  readonly database: Database
  readonly parts: readonly PresencePart[]
  readonly now: () => Instant
}): PresenceKeeper {
  let notedMs = Number.NaN
  async function note(): Promise<void> {
    const now = o.now()
    // A clock that was set back is no reason to wait.
    if (Math.abs(Date.parse(now) - notedMs) < EVERY_MS) return
    await notePresence(o.database, o.parts, now)
    notedMs = Date.parse(now)
  }
  return {
    note,
    start(log) {
      const noteSafely = () => void note().catch((err: unknown) => log.warn({ err }, 'presence could not be noted'))
      noteSafely()
      const timer = setInterval(noteSafely, EVERY_MS)
      return () => clearInterval(timer)
    },
  }
}
