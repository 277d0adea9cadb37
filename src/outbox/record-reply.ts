// A reply that GitHub has is stored with its comment, so that the next reply can fold it away.
import { issuesOfReply } from '../pipeline/model/effects.ts'
import { type EffectResult, saveEffectResults } from '../store/effects.ts'
import { loadPipelineIdOf } from '../store/pipelines.ts'
import { savePublication } from '../store/publications.ts'
import { invalidatePublications } from '../store/publish-claims.ts'
import type { ClaimedEffect, PerformContext } from './claim-effects.ts'
import { replySurfaceKey } from './folded-surfaces.ts'

/** Replies of one comment are done; false when the claim of any of them is lost. On an issue without a pipeline nothing is folded. */
export async function recordReplied(
  o: PerformContext,
  batch: readonly ClaimedEffect<'reply'>[],
  commentId: number,
): Promise<boolean> {
  const [first] = batch
  if (first === undefined) return true
  const { issueNumber } = first.effect
  const about = batch.flatMap(({ effect }) => issuesOfReply(effect))
  const results = batch.map(({ id, token }): EffectResult => ({ id, token, state: 'done' }))
  return await o.database.kysely.transaction().execute(async (trx) => {
    const id = await loadPipelineIdOf(trx, first.repository.id, [issueNumber, ...about])
    const target = id === null ? null : ({ table: 'pipelines', id } as const)
    // Pipelines are locked before effects.
    if (target !== null) await invalidatePublications(trx, target)
    const saved = await saveEffectResults(trx, results, o.now())
    if (saved.size < results.length) return false
    const shown = { githubId: commentId, state: 'confirmed' } as const
    if (target !== null) await savePublication(trx, target, replySurfaceKey(issueNumber, commentId), shown, o.now())
    return true
  })
}
