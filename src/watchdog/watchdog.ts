// The watchdog looks at rows, never at memory: it may have been the one asleep.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Database } from '../store/database.ts'
import { prune } from './prune.ts'
import { wake } from './wake.ts'

/** Wakes the pipelines whose moment has come and, once an hour, drops rows past their retention. */
export function openWatchdog(o: { database: Database; door: Door; now: () => Instant; log: Logger }): {
  step(): Promise<number>
} {
  let prunedAt: Instant | null = null
  return {
    async step() {
      const woken = await wake(o)
      if (prunedAt !== null && elapsedMs(prunedAt, o.now()) < PRUNE_EVERY_MS) return woken
      prunedAt = o.now()
      await prune(o)
      return woken
    },
  }
}

const PRUNE_EVERY_MS = 60 * 60 * 1000

function elapsedMs(from: Instant, to: Instant): number {
  return Date.parse(to) - Date.parse(from)
}
