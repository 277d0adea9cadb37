// Says that Andon is there, and sees that its clock was set back.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { notePresence, type PresencePart } from '../store/presence.ts'
import { bringForward } from '../store/set-back.ts'

export type PresenceKeeper = {
  /** These parts are there; written down at most every ten seconds. */
  note(): Promise<void>
  /** Notes it by a timer, where no loop does; the returned function ends that. */
  start(): () => void
}

/** A few times within the time after which a part counts as away. */
const EVERY_MS = 10_000

export function openPresence(o: {
  readonly database: Database
  readonly role: string
  readonly now: () => Instant
  readonly log: Logger
}): PresenceKeeper {
  const parts: readonly PresencePart[] =
    o.role === 'web' ? ['door'] : o.role === 'worker' ? ['loops'] : ['door', 'loops']
  let notedMs = Number.NaN
  async function note(): Promise<void> {
    const now = o.now()
    const passedMs = Date.parse(now) - notedMs
    if (passedMs >= 0 && passedMs < EVERY_MS) return
    const backMs = await bringForward(o.database, now)
    if (backMs > 0) o.log.warn({ backMs }, 'the clock was set back: what waited for a later time goes on now')
    await notePresence(o.database, parts, now)
    notedMs = Date.parse(now)
  }
  return {
    note,
    start() {
      const noteSafely = () => void note().catch((err: unknown) => o.log.warn({ err }, 'presence could not be noted'))
      noteSafely()
      const timer = setInterval(noteSafely, EVERY_MS)
      return () => clearInterval(timer)
    },
  }
}
