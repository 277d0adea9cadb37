// A session: the time between actions, their announcements, and the end.
import { setTimeout as timer } from 'node:timers/promises'
import { type SeededRandom, seededRandom } from '../fake-github/random.ts'

export type DemoSession = {
  readonly random: SeededRandom
  readonly isEnded: boolean
  /** Lets about that many seconds pass, fewer at a faster pace; throws `SessionEnded` when the session ends meanwhile. */
  pause(seconds: number): Promise<void>
  /** The same at any pace: GitHub's limits do not scale. */
  pauseUnscaled(seconds: number): Promise<void>
  log(where: string, what: string): void
}

/** The session ended during a wait. */
export class SessionEnded extends Error {}

export function openSession(o: {
  pace: number
  seed: number
  signal: AbortSignal
  say: (where: string, what: string) => void
}): DemoSession {
  const random = seededRandom(o.seed)

  async function rest(seconds: number): Promise<void> {
    const jitter = MIN_JITTER + random.next() * (1 - MIN_JITTER) * 2
    try {
      await timer(seconds * 1000 * jitter, undefined, { signal: o.signal })
    } catch {
      throw new SessionEnded()
    }
  }

  return {
    random,
    get isEnded() {
      return o.signal.aborted
    },
    pause: (seconds) => rest(seconds / o.pace),
    pauseUnscaled: rest,
    log(where, what) {
      if (!o.signal.aborted) o.say(where, what)
    },
  }
}

// No work takes exactly as long as planned.
const MIN_JITTER = 0.7
