import type { Effect } from '../pipeline/model/effects.ts'
import { type ClaimedEffect, claimNextWrite, type PerformContext } from './claim-effects.ts'
import type { WriteKind } from './write-budget.ts'

/** Claims the next due effect of a type that writes, and performs it; resolves to how many were claimed. */
export async function performNextEffect<K extends Exclude<Effect['type'], 'ask'>>(
  o: PerformContext,
  { type, write, claimBatch }: { type: K; write: WriteKind; claimBatch?: Parameters<typeof claimNextWrite<K>>[3] },
  perform: (claimed: ClaimedEffect<K>, batched: readonly ClaimedEffect<K>[]) => Promise<void>,
): Promise<number> {
  const next = await claimNextWrite(o, type, write, claimBatch)
  if (next === null) return 0
  // One that GitHub refuses now is out of the way, and the next may be sent at once.
  if (next.denied !== null) return next.denied.reason === 'no-access' ? 1 : 0
  await perform(next.claimed, next.batched)
  return 1
}
