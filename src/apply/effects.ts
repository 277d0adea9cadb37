import type { Effect } from '../pipeline/model/effects.ts'
import { type Instant, latest } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { saveEffectResults } from '../store/effects.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { ApplyRequest } from './apply-request.ts'

/** Completes the effects that the group answers; resolves to the indexes of answers whose claim has been lost. */
export async function saveResults(
  trx: Transaction,
  group: readonly ApplyRequest[],
  now: Instant,
): Promise<ReadonlySet<number>> {
  const answers = group.flatMap(({ effect }, index) => (effect ? [{ index, state: 'done' as const, ...effect }] : []))
  const saved = await saveEffectResults(trx, answers, now)
  return new Set(answers.filter(({ id }) => !saved.has(id)).map(({ index }) => index))
}

/** A reply waits for others on the same issue or pull request, which then go into the same comment. */
const REPLY_DELAY_MS = 2_000

/** The row of an effect that is due at once, or a reply that is due soon. */
export function effectColumns({ repositoryId, pipelineId, effect, now }: EffectRowInput) {
  return {
    repositoryId,
    pipelineId,
    key: effect.key,
    type: effect.type,
    document: JSON.stringify(effect),
    dueAt: dueAtOf(effect, now),
    createdAt: now,
    updatedAt: now,
  }
}

function dueAtOf(effect: Effect, now: Instant): Instant {
  if (effect.type === 'reply') return millisecondsAfter(now, REPLY_DELAY_MS)
  return effect.type === 'ask' ? latest(now, effect.notBefore ?? now) : now
}

type EffectRowInput = {
  readonly repositoryId: number
  readonly pipelineId: number | null
  readonly effect: Effect
  readonly now: Instant
}
