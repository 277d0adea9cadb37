import type { Effect } from '../pipeline/model/effects.ts'
import { type ClaimedEffect, claimNextWrite, type PerformContext } from './claim-effects.ts'
import type { WriteKind } from './write-budget.ts'

/** Claims due effects of a type that writes, a few at a time, and performs them concurrently; resolves to how many. */
export async function performEffects<K extends Exclude<Effect['type'], 'ask'>>(
  o: PerformContext,
  { type, write, claimBatch }: { type: K; write: WriteKind; claimBatch?: Parameters<typeof claimNextWrite<K>>[3] },
  perform: (claimed: ClaimedEffect<K>, batched: readonly ClaimedEffect<K>[]) => Promise<void>,
  stopping?: AbortSignal,
): Promise<number> {
  const running: Promise<void>[] = []
  try {
    for (let claims = 0; !stopping?.aborted && claims < MAX_CONCURRENT; claims += 1) {
      const next = await claimNextWrite(o, type, write, claimBatch)
      if (next === null) break
      if (next.deniedUntil === null) running.push(perform(next.claimed, next.batched))
    }
  } finally {
    // Also when a claim fails because the database is away: an unhandled rejection would end the process.
    await Promise.allSettled(running)
  }
  await Promise.all(running)
  return running.length
}

const MAX_CONCURRENT = 10
