// Background work is a `step()`: one unit, done or not, that says how much it did. The loop calls it until it is quiet and
// then rests: until a hint, until the next moment at which something is due, or for so long at most. A lost hint is
// therefore only a delay, and tests call `step()` themselves. A step that throws is logged and survived: one failed
// iteration never ends the loop.
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
  /** Somebody knows of work: do not rest any longer. */
  hint(): void
  /** Resolves when it has ended by itself or been stopped. */
  readonly ended: Promise<void>
  /** Resolves when the step in hand is finished; nothing is begun after the call. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/** Starts a loop over `step`, which rests for `everyMs` milliseconds at most, `iterations` times or for good. */
export function startLoop(o: {
  name: string
  step: Step
  everyMs: number
  /** When something that was not due at `since` will be; null: not that anybody knew. */
  nextDueAt?: (since: Instant) => Promise<Instant | null>
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
      awake = new AbortController()
      const startedAt = performance.now()
      const { since, done } = await iterate()
      if (state.iteration === o.iterations) return
      if (stopping.signal.aborted || (done ?? 0) > 0) continue
      if (done === null) await pause(Math.min(o.everyMs, RETRY_MS))
      else await rest(since)
      // Many hints in a burst are one look.
      const early = startedAt + MIN_REST_MS - performance.now()
      if (early > 0) await sleep(early, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** When it began and how much was done; null when it failed. */
  async function iterate(): Promise<{ since: Instant; done: number | null }> {
    const since = o.now()
    state = { ...state, iteration: state.iteration + 1, inFlightSince: since }
    try {
      const done = await o.step(stopping.signal)
      state = { ...state, inFlightSince: null, progressAt: o.now() }
      return { since, done }
    } catch (error) {
      o.log.error({ loop: o.name, err: error }, 'iteration failed')
      const message = error instanceof Error ? error.message : String(error)
      state = { ...state, inFlightSince: null, lastError: { at: o.now(), message } }
      return { since, done: null }
    }
  }

  async function rest(since: Instant): Promise<void> {
    const until = performance.now() + o.everyMs
    const dueAt = (await o.nextDueAt?.(since).catch(() => null)) ?? null
    // Timers stand still while the machine sleeps, and its clock does not: so it is looked at every second.
    while (!hinted && !stopping.signal.aborted) {
      const leftMs = Math.min(
        until - performance.now(),
        dueAt === null ? Infinity : Date.parse(dueAt) - Date.parse(o.now()),
      )
      if (leftMs <= 0) return
      await pause(Math.min(leftMs, CLOCK_CHECK_MS))
    }
  }

  async function pause(ms: number): Promise<void> {
    if (!hinted) await sleep(Math.ceil(ms), undefined, { signal: awake.signal }).catch(() => undefined)
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

const MIN_REST_MS = 50
const RETRY_MS = 1_000
const CLOCK_CHECK_MS = 1_000
