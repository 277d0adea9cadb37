import type { Effect } from '../pipeline/model/effects.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { settleEffects } from '../store/effects.ts'
import type { Arrival } from './apply-request.ts'

/** Settles the effects that the group answers; resolves to the places of answers whose claim somebody else took meanwhile. */
export async function settleAnswered(
  trx: Transaction,
  group: readonly Arrival[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  const answers = group.flatMap(({ effect }, place) => (effect ? [{ place, state: 'done' as const, ...effect }] : []))
  const settled = await settleEffects(trx, answers, now)
  return new Set(answers.filter(({ id }) => !settled.has(id)).map(({ place }) => place))
}

/** Replies wait for a moment: what else is to be said there by then goes into the same comment. */
const GATHER_MS = 2_000

/** The row of an effect that is due at once, or a reply that is due soon. */
export function effectColumns({ repositoryId, pipelineId, effect, now }: Decided) {
  return {
    repositoryId,
    pipelineId,
    key: effect.key,
    type: effect.type,
    document: JSON.stringify(effect),
    dueAt: effect.type === 'reply' ? millisecondsAfter(now, GATHER_MS) : now,
    createdAt: now,
    updatedAt: now,
  }
}

type Decided = {
  readonly repositoryId: number
  readonly pipelineId: number | null
  readonly effect: Effect
  readonly now: Instant
}
