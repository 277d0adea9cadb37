import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

type PublishedComment = { readonly pipelineId: number; readonly commentId: number }

/** Is this comment one of the pipeline's status comments? Locks the pipeline, so the answer stays true in the transaction. */
export async function lockPublishedComment(
  trx: Transaction,
  { pipelineId, commentId }: PublishedComment,
): Promise<boolean> {
  await lockPipeline(trx, pipelineId)
  const stored = await trx
    .selectFrom('publications')
    .select('githubId')
    .where('pipelineId', '=', pipelineId)
    .where('githubId', '=', commentId)
    .where('surface', 'like', 'comment/%')
    .executeTakeFirst()
  return stored !== undefined
}

/** Forgets a status comment that was deleted, so that it is written again. */
export async function clearDeletedComment(
  trx: Transaction,
  { pipelineId, commentId }: PublishedComment,
  at: Instant,
): Promise<void> {
  await trx
    .updateTable('publications')
    .set({ githubId: null, digest: null, updatedAt: at })
    .where('pipelineId', '=', pipelineId)
    .where('githubId', '=', commentId)
    .where('surface', 'like', 'comment/%')
    .execute()
}

type PublishedCheckRun = { readonly id: number; readonly stage: string; readonly sha: string }

/** Is this check run the one that shows the stage on that commit? */
export async function isPublishedCheckRun(
  trx: Transaction,
  pipelineId: number,
  { id, stage, sha }: PublishedCheckRun,
): Promise<boolean> {
  const stored = await trx
    .selectFrom('publications')
    .select('githubId')
    .where('pipelineId', '=', pipelineId)
    .where('surface', '=', `check/${stage}/${sha}`)
    .executeTakeFirst()
  // Without an id, its creation has not been confirmed yet.
  return stored !== undefined && (stored.githubId === null || stored.githubId === id)
}

/** Makes a check run be written again although its content is unchanged. Locks the pipeline. */
export async function invalidateCheckRun(
  trx: Transaction,
  pipelineId: number,
  { stage, sha }: PublishedCheckRun,
  at: Instant,
): Promise<void> {
  await lockPipeline(trx, pipelineId)
  await trx
    .updateTable('publications')
    .set({ digest: null, updatedAt: at })
    .where('pipelineId', '=', pipelineId)
    .where('surface', '=', `check/${stage}/${sha}`)
    .where('state', '=', 'confirmed')
    .execute()
}

/** Publishing locks the pipeline's row before its publications; the order must be the same here. */
async function lockPipeline(trx: Transaction, id: number): Promise<void> {
  await trx.selectFrom('pipelines').select('id').where('id', '=', id).forUpdate().execute()
}
