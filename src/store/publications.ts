import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

type PublishedComment = { readonly pipelineId: number; readonly commentId: number }

/** Is this comment one by which we show the pipeline? It stays so until the transaction ends: locks the pipeline. */
export async function lockPublishedComment(
  trx: Transaction,
  { pipelineId, commentId }: PublishedComment,
): Promise<boolean> {
  await lockPipeline(trx, pipelineId)
  const known = await trx
    .selectFrom('publications')
    .select('githubId')
    .where('pipelineId', '=', pipelineId)
    .where('githubId', '=', commentId)
    .where('surface', 'like', 'comment/%')
    .executeTakeFirst()
  return known !== undefined
}

/** Forgets a comment of ours that is gone: it is written again. */
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

/** Is this check run the one by which we show the stage on that commit? */
export async function isPublishedCheckRun(
  trx: Transaction,
  pipelineId: number,
  { id, stage, sha }: PublishedCheckRun,
): Promise<boolean> {
  const known = await trx
    .selectFrom('publications')
    .select('githubId')
    .where('pipelineId', '=', pipelineId)
    .where('surface', '=', `check/${stage}/${sha}`)
    .executeTakeFirst()
  // Without an id it was created and the answer is still to be read back.
  return known !== undefined && (known.githubId === null || known.githubId === id)
}

/** Has a check run written again, although nothing about it has changed. Locks the pipeline. */
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

/** Whoever publishes has the pipeline's row first, and then its publications. */
async function lockPipeline(trx: Transaction, id: number): Promise<void> {
  await trx.selectFrom('pipelines').select('id').where('id', '=', id).forUpdate().execute()
}
