import type { Effect } from '../pipeline/model/effects.ts'
import { type ClaimedEffect, claimNextWrite, type PerformContext } from './claim-effects.ts'
import type { WriteKind } from './write-budget.ts'

/** Claims what is due of a kind that writes, a few at a time, and carries them out side by side; resolves to how many. */
export async function performEffects<K extends Exclude<Effect['type'], 'ask'>>(
  o: PerformContext,
  { type, write, claimBatch }: { type: K; write: WriteKind; claimBatch?: Parameters<typeof claimNextWrite<K>>[3] },
  perform: (claimed: ClaimedEffect<K>, batched: readonly ClaimedEffect<K>[]) => Promise<void>,
  stopping?: AbortSignal,
): Promise<number> {
  const running: Promise<void>[] = []
  try {
    for (let asked = 0; !stopping?.aborted && asked < MAX_CONCURRENT; asked += 1) {
      const next = await claimNextWrite(o, type, write, claimBatch)
      if (next === null) break
      if (next.deniedUntil === null) running.push(perform(next.claimed, next.batched))
    }
  } finally {
    // Also when nothing more can be claimed because the database went away: a failure that nobody awaits ends the process.
    await Promise.allSettled(running)
  }
  await Promise.all(running)
  return running.length
}

const MAX_CONCURRENT = 10
