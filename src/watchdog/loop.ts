// Background work is a `step()`: one unit of work that returns how much it did. The loop calls it until nothing is left
// and then rests: until a hint, until something is due, or for `everyMs` at most. A lost hint is therefore only a
// delay, and tests call `step()` themselves. A step that throws is logged: one failed iteration never ends the loop.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'

/**
 * Does one unit of work; resolves to how many things it did, 0 when there was nothing to do. Once `stopping` is aborted
 * it finishes what it has claimed and claims nothing more.
 */
export type Step = (stopping: AbortSignal) => Promise<number>

/** The state of a loop. Another timer reports it, so that an iteration that hangs cannot hide it. */
export type LoopState = {
  readonly name: string
  /** How many iterations have started. */
  readonly iteration: number
  /** When an iteration last succeeded; null before the first success. */
  readonly progressAt: Instant | null
  readonly inFlightSince: Instant | null
  readonly lastError: { readonly at: Instant; readonly message: string } | null
}

export type Loop = {
  state(): LoopState
  /** There is work: stop resting. */
  hint(): void
  /** Resolves when the loop has ended by itself or was stopped. */
  readonly ended: Promise<void>
  /** Starts no more steps; resolves when the current one is finished. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/** Starts a loop over `step` that rests for `everyMs` milliseconds at most and ends after `iterations`, if given. */
export function startLoop(o: {
  name: string
  step: Step
  everyMs: number
  /** When something that was not due at `since` becomes due; null when nothing is scheduled. */
  nextDueAt?: (since: Instant) => Promise<Instant | null>
  /** Work that an iteration starts and does not await: when the oldest began, and the end of all. */
  background?: { inFlightSince(): Instant | null; idle(): Promise<void> }
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
      // Many hints in a burst cause one iteration.
      const early = startedAt + MIN_REST_MS - performance.now()
      if (early > 0) await sleep(early, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** When the iteration started and how much it did; null when it failed. */
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
    // Timers stop while the machine sleeps, its clock does not: so the clock is read every second.
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

  const ended = run().then(() => o.background?.idle())
  return {
    ended,
    state() {
      const all = [state.inFlightSince, o.background?.inFlightSince() ?? null].filter((since) => since !== null)
      return { ...state, inFlightSince: all.toSorted()[0] ?? null }
    },
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
