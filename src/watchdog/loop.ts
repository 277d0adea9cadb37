// Background work is a `step()`: one unit, done or not, that says how much it did. The loop calls it until it is quiet
// and then waits for a hint or the interval, whichever is first. A lost hint is therefore only a delay, and tests call
// `step()` themselves. A step that throws is logged and survived: one failed iteration never ends the loop.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'

/**
 * Does one unit of work; resolves to how many things it did, 0 when there was nothing to do. Once `stopping` is aborted
 * it finishes what is in hand and claims nothing more.
 */
export type Step = (stopping: AbortSignal) => Promise<number>

/** Where a loop is. Somebody else's timer tells it on, so that an iteration that hangs cannot keep it quiet. */
export type LoopState = {
  readonly name: string
  /** Iterations begun. */
  readonly iteration: number
  /** When an iteration last ended well; null before the first did. */
  readonly progressAt: Instant | null
  readonly inFlightSince: Instant | null
  readonly lastError: { readonly at: Instant; readonly message: string } | null
}

export type Loop = {
  state(): LoopState
  /** Somebody knows of work: do not wait for the interval. */
  hint(): void
  /** Resolves when it has ended by itself or been stopped. */
  readonly ended: Promise<void>
  /** Resolves when the step in hand is finished; nothing is begun after the call. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/** Starts a loop over `step`, looking for work at least every `everyMs` milliseconds, `iterations` times or for good. */
export function startLoop(o: {
  name: string
  step: Step
  everyMs: number
  now: () => Instant
  log: Logger
  iterations?: number | undefined
}): Loop {
  const stopping = new AbortController()
  let hinted = false
  let awake = new AbortController()
  let state: LoopState = { name: o.name, iteration: 0, progressAt: null, inFlightSince: null, lastError: null }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      hinted = false
      const done = await iterate()
      if (state.iteration === o.iterations) return
      if (stopping.signal.aborted || hinted || done > 0) continue
      awake = new AbortController()
      await sleep(o.everyMs, undefined, { signal: awake.signal }).catch(() => undefined)
    }
  }

  async function iterate(): Promise<number> {
    state = { ...state, iteration: state.iteration + 1, inFlightSince: o.now() }
    try {
      const done = await o.step(stopping.signal)
      state = { ...state, inFlightSince: null, progressAt: o.now() }
      return done
    } catch (error) {
      o.log.error({ loop: o.name, err: error }, 'iteration failed')
      const message = error instanceof Error ? error.message : String(error)
      state = { ...state, inFlightSince: null, lastError: { at: o.now(), message } }
      return 0
    }
  }

  const ended = run()
  return {
    ended,
    state: () => state,
    hint() {
      hinted = true
      awake.abort()
    },
    stop() {
      stopping.abort()
      awake.abort()
      return ended
    },
  }
}
