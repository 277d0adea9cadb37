// Andon's clock follows GitHub's. Ages of what GitHub says, limits and times of retry are only right by the clock that GitHub
// dates its facts by; and a machine's clock may be wrong, or be set while Andon runs. Every answer of GitHub carries its date.
import type { Overheard } from '../github/answer-headers.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

export type CorrectedClock = {
  /** The machine's time, less what it is known to be ahead of GitHub's. */
  now(): Instant
  /** GitHub dated an answer so, to the second; the request was sent at `sentAt` by this clock. */
  observe(date: string, sentAt: Instant): void
  /** Every reading of GitHub's clock corrects this one; those who look after the machine get it by the machine's. */
  observing(machine: Overheard): Overheard
}

/** A request takes its time, GitHub's dates are whole seconds, and its servers differ a little. */
const TOLERANCE_MS = 5_000

/** By a steady clock, which nobody sets, a jump is seen at once. */
export function openCorrectedClock(o: {
  /** The machine's own by default, beside one that is steady. A clock that a test moves has none beside it. */
  readonly machine?: (() => Instant) | undefined
  readonly steadyMs?: () => number
  /** The clock jumped, or the machine slept: only GitHub knows which. */
  readonly onJump?: () => void
}): CorrectedClock {
  const { machine = () => new Date().toISOString() } = o
  const steady = o.machine === undefined ? () => performance.now() : o.steadyMs
  const read = () => ({ machineMs: Date.parse(machine()), steadyMs: steady?.() ?? null })
  let last = read()
  let aheadMs = 0
  let suspectedMs: number | null = null

  function nowMs(): number {
    const next = read()
    const passedMs = next.machineMs - last.machineMs
    const jumpedMs = next.steadyMs === null || last.steadyMs === null ? 0 : passedMs - (next.steadyMs - last.steadyMs)
    last = next
    if (Math.abs(jumpedMs) > TOLERANCE_MS) {
      aheadMs += jumpedMs
      o.onJump?.()
    }
    return next.machineMs - aheadMs
  }

  function observe(date: string, sentAt: Instant): void {
    const atMs = Date.parse(date)
    const gotMs = nowMs()
    if (Number.isNaN(atMs)) return
    const isWithin = atMs + 1_000 + TOLERANCE_MS >= Date.parse(sentAt) && atMs - TOLERANCE_MS <= gotMs
    if (isWithin) {
      suspectedMs = null
      return
    }
    // One date may be a proxy's, or an old answer's.
    const differenceMs = gotMs - atMs
    if (suspectedMs !== null && Math.abs(suspectedMs - differenceMs) <= 2 * TOLERANCE_MS) {
      aheadMs += differenceMs
      suspectedMs = null
    } else suspectedMs = differenceMs
  }

  return {
    now: () => new Date(nowMs()).toISOString(),
    observe,
    observing: ({ quota, clock }) => ({
      quota,
      clock(reading) {
        const byMachine = (at: Instant) => millisecondsAfter(at, aheadMs)
        clock({ ...reading, sentAt: byMachine(reading.sentAt), receivedAt: byMachine(reading.receivedAt) })
        observe(reading.theirs, reading.sentAt)
      },
    }),
  }
}
