// A shift: the time that passes between deeds, what is said about them, and the end of it all.
import { setTimeout as timer } from 'node:timers/promises'
import { type Chance, seededChance } from '../fake-github/random.ts'

export type Shift = {
  readonly chance: Chance
  readonly over: boolean
  /** Lets about that many seconds pass, fewer at a faster pace; throws `Over` when the shift ends meanwhile. */
  pause(seconds: number): Promise<void>
  /** The same at any pace: GitHub's limits are not hurried. */
  rest(seconds: number): Promise<void>
  say(where: string, what: string): void
}

/** The shift ended while something was waiting. */
export class Over extends Error {}

export function openShift(o: {
  pace: number
  seed: number
  signal: AbortSignal
  say: (where: string, what: string) => void
}): Shift {
  const chance = seededChance(o.seed)

  async function rest(seconds: number): Promise<void> {
    const jitter = LEAST + chance.next() * (1 - LEAST) * 2
    try {
      await timer(seconds * 1000 * jitter, undefined, { signal: o.signal })
    } catch {
      throw new Over()
    }
  }

  return {
    chance,
    get over() {
      return o.signal.aborted
    },
    pause: (seconds) => rest(seconds / o.pace),
    rest,
    say(where, what) {
      if (!o.signal.aborted) o.say(where, what)
    },
  }
}

// Nothing in a factory takes exactly as long as planned.
const LEAST = 0.7
