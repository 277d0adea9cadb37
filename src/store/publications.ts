import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from './database.ts'

/** Forgets a comment of ours that is gone; false when it was none of ours. */
export async function forgetComment(
  trx: Transaction,
  pipelineId: number,
  commentId: number,
  at: Instant,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('publications')
    .set({ githubId: null, digest: null, updatedAt: at })
    .where('pipelineId', '=', pipelineId)
    .where('githubId', '=', commentId)
    .where('surface', 'like', 'comment/%')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
