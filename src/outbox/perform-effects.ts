import type { Effect } from '../pipeline/model/effects.ts'
import { type Claimed, claimWrite, type Performer } from './claim-effects.ts'
import type { Write } from './write-budget.ts'

/** Claims what is due of a kind that writes, a few at a time, and carries them out side by side; resolves to how many. */
export async function carryOut<K extends Exclude<Effect['type'], 'ask'>>(
  o: Performer,
  { type, write, withMore }: { type: K; write: Write; withMore?: Parameters<typeof claimWrite<K>>[3] },
  perform: (claimed: Claimed<K>, more: readonly Claimed<K>[]) => Promise<void>,
  stopping?: AbortSignal,
): Promise<number> {
  const inHand: Promise<void>[] = []
  try {
    for (let asked = 0; !stopping?.aborted && asked < MOST_AT_ONCE; asked += 1) {
      const next = await claimWrite(o, type, write, withMore)
      if (next === null) break
      if (next.deniedUntil === null) inHand.push(perform(next.claimed, next.more))
    }
  } finally {
    // Also when nothing more can be claimed because the database went away: a failure that nobody awaits ends the process.
    await Promise.allSettled(inHand)
  }
  await Promise.all(inHand)
  return inHand.length
}

const MOST_AT_ONCE = 10
