import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { invalidatePublications, type PublishTarget } from './publish-claims.ts'

/** The stored state of one surface: a row of `publications`. */
export type Publication = {
  readonly surface: string
  readonly githubId: number | null
  readonly digest: string | null
  readonly state: 'confirmed' | 'sending'
  /** When its creation was sent; of one that is confirmed, since when GitHub does not know its place or refuses it. */
  readonly sentAt: Instant | null
  readonly updatedAt: Instant
}

/** The stored state of every surface of a target. */
export async function loadPublications(trx: Transaction, target: PublishTarget): Promise<readonly Publication[]> {
  return await trx
    .selectFrom('publications')
    .select(['surface', 'githubId', 'digest', 'state', 'sentAt', 'updatedAt'])
    .where(targetColumnOf(target), '=', target.id)
    .orderBy('surface')
    .execute()
}

/** Stores the state of one surface; columns that are left out stay as they are. */
export async function savePublication(
  trx: Transaction,
  target: PublishTarget,
  surface: string,
  columns: Partial<Omit<Publication, 'surface' | 'updatedAt'>> & { readonly error?: string | null },
  at: Instant,
): Promise<void> {
  const key = targetColumnOf(target)
  await trx
    .insertInto('publications')
    .values({ [key]: target.id, surface, ...columns, updatedAt: at })
    .onConflict((conflict) => conflict.columns([key, 'surface']).doUpdateSet({ ...columns, updatedAt: at }))
    .execute()
}

/** What GitHub refused is not shown to operators any more, and would be written anew. */
export async function forgetRefusals(
  trx: Transaction,
  target: PublishTarget,
  surfaces: readonly string[],
): Promise<void> {
  if (surfaces.length === 0) return
  await trx
    .updateTable('publications')
    .set({ digest: null, sentAt: null, error: null })
    .where(targetColumnOf(target), '=', target.id)
    .where('surface', 'in', surfaces)
    .execute()
}

/** GitHub's id of one surface, as last stored; null when none is. */
export async function loadPublishedId(
  trx: Transaction,
  target: PublishTarget,
  surface: string,
): Promise<number | null> {
  const stored = await trx
    .selectFrom('publications')
    .select('githubId')
    .where(targetColumnOf(target), '=', target.id)
    .where('surface', '=', surface)
    .executeTakeFirst()
  return stored?.githubId ?? null
}

/** GitHub's ids of all surfaces of a pipeline that have one, by surface. */
export async function loadPublishedIds(
  { kysely }: Database,
  pipelineId: number,
): Promise<Readonly<Record<string, number>>> {
  const rows = await kysely
    .selectFrom('publications')
    .select(['surface', 'githubId'])
    .where('pipelineId', '=', pipelineId)
    .where('githubId', 'is not', null)
    .execute()
  return Object.fromEntries(rows.flatMap(({ surface, githubId }) => (githubId === null ? [] : [[surface, githubId]])))
}

type PublishedComment = { readonly pipelineId: number; readonly commentId: number }

/** Is this one of the pipeline's status comments? It stays so until the transaction ends: locks the pipeline. */
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

/** Whatever GitHub refused, or did not know, until now: the next try does not wait for it. A lookup goes on. */
const WRITE_AGAIN = {
  digest: null,
  sentAt: sql<Instant | null>`case when state = 'confirmed' then null else sent_at end`,
} as const

/** Forgets a status comment that was deleted, so that it is written again. */
export async function clearDeletedComment(
  trx: Transaction,
  { pipelineId, commentId }: PublishedComment,
  at: Instant,
): Promise<void> {
  await trx
    .updateTable('publications')
    .set({ githubId: null, ...WRITE_AGAIN, updatedAt: at })
    .where('pipelineId', '=', pipelineId)
    .where('githubId', '=', commentId)
    .where('surface', 'like', 'comment/%')
    .execute()
}

type WrittenComment = { readonly surface: string; readonly githubId: number; readonly digest: string }

/** The status comments that GitHub shows as they were written, and that were not written after `before`. */
export async function listWrittenComments(
  { kysely }: Database,
  pipelineId: number,
  before: Instant,
  limit: number,
): Promise<readonly WrittenComment[]> {
  const rows = await kysely
    .selectFrom('publications')
    .select(['surface', 'githubId', 'digest'])
    .where('pipelineId', '=', pipelineId)
    .where('surface', 'like', 'comment/%')
    .where('state', '=', 'confirmed')
    .where('sentAt', 'is', null)
    .where('updatedAt', '<', before)
    .orderBy('surface')
    .limit(limit)
    .execute()
  return rows.flatMap(({ surface, githubId, digest }) =>
    githubId === null || digest === null ? [] : [{ surface, githubId, digest }],
  )
}

/** Makes a status comment be written again, unless that has happened since. Where GitHub does not know it any more, that shows then. */
export async function invalidateComment(
  { kysely }: Database,
  pipelineId: number,
  { surface, githubId, digest }: WrittenComment,
  at: Instant,
): Promise<boolean> {
  return await kysely.transaction().execute(async (trx) => {
    await lockPipeline(trx, pipelineId)
    const changed = await trx
      .updateTable('publications')
      .set({ ...WRITE_AGAIN, updatedAt: at })
      .where('pipelineId', '=', pipelineId)
      .where('surface', '=', surface)
      .where('githubId', '=', githubId)
      .where('digest', '=', digest)
      .returning('surface')
      .executeTakeFirst()
    if (changed === undefined) return false
    await invalidatePublications(trx, { table: 'pipelines', id: pipelineId })
    return true
  })
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
    .set({ ...WRITE_AGAIN, updatedAt: at })
    .where('pipelineId', '=', pipelineId)
    .where('surface', '=', `check/${stage}/${sha}`)
    .where('state', '=', 'confirmed')
    .execute()
}

/** Publishing locks the pipeline's row before its publications; the order must be the same here. */
async function lockPipeline(trx: Transaction, id: number): Promise<void> {
  await trx.selectFrom('pipelines').select('id').where('id', '=', id).forUpdate().execute()
}

function targetColumnOf({ table }: PublishTarget): 'pipelineId' | 'repositoryId' {
  return table === 'pipelines' ? 'pipelineId' : 'repositoryId'
}
