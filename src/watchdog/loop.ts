// Background work is a `step()`: one unit, done or not, that says how much it did. The loop calls it until it is quiet
// and then waits for a hint or the interval, whichever is first. A lost hint is therefore only a delay, and tests call
// `step()` themselves. A step that throws is logged and survived: one failed iteration never ends the loop.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Does one unit of work; resolves to how many things it did, 0 when there was nothing to do. */
export type Step = () => Promise<number>

export type Loop = {
  /** Somebody knows of work: do not wait for the interval. */
  hint(): void
  /** Resolves when the step in hand is finished; nothing is begun after the call. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/** Starts a loop over `step`, looking for work at least every `everyMs` milliseconds. */
export function startLoop(o: { name: string; step: Step; everyMs: number; log: Logger }): Loop {
  let stopping = false
  let hinted = false
  let awake = new AbortController()

  async function run(): Promise<void> {
    while (!stopping) {
      hinted = false
      const done = await iterate(o)
      if (stopping || hinted || done > 0) continue
      awake = new AbortController()
      await sleep(o.everyMs, undefined, { signal: awake.signal }).catch(() => undefined)
    }
  }

  const ended = run()
  return {
    hint() {
      hinted = true
      awake.abort()
    },
    stop() {
      stopping = true
      awake.abort()
      return ended
    },
  }
}

async function iterate(o: { name: string; step: Step; log: Logger }): Promise<number> {
  try {
    return await o.step()
  } catch (error) {
    o.log.error({ loop: o.name, err: error }, 'iteration failed')
    return 0
  }
}
