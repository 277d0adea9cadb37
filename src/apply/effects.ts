import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import { finishEffects } from '../store/effects.ts'
import type { Arrival } from './arrival.ts'

/** Marks the effects done that the group answers; resolves to the places of answers whose claim somebody else took meanwhile. */
export async function claimAnswers(
  trx: Transaction,
  group: readonly Arrival[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  const answers = group.flatMap(({ effect }, place) => (effect === undefined ? [] : [{ place, ...effect }]))
  const done = await finishEffects(trx, answers, now)
  return new Set(answers.filter(({ id }) => !done.has(id)).map(({ place }) => place))
}
