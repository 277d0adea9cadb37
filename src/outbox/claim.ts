// Which pipeline is published next, and by whom. A claim ends by itself after 30 s, which is longer than the calls made
// under it may take; its token is checked in every transaction, so that a process that was frozen finds its claim gone.
import type { Where } from '../github/call.ts'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Database, Transaction } from '../store/database.ts'

/** A pipeline in hand, and the repository as it is called at present. */
export type Claim = {
  readonly pipelineId: number
  readonly token: string
  readonly where: Where
  readonly repository: string
  readonly issueNumber: number
  /** When it was last served: it keeps its place in the queue if it cannot be served this time. */
  readonly servedAt: Instant | null
}

const CLAIM_MS = 30_000

/**
 * Claims the pipeline that has waited longest since it was last served, or since it began. That order is what keeps
 * anybody from starving: one write is a service and sends a pipeline to the back, however much more it wants; one that
 * is denied a slot stays in front of all that were served or came later.
 */
export async function claimPipeline(database: Database, now: Instant, token: string): Promise<Claim | null> {
  return await database.kysely.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('pipelines')
      .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
      .innerJoin('installations', 'installations.id', 'repositories.installationId')
      .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
      .select([
        'pipelines.id as pipelineId',
        'pipelines.issueNumber',
        'pipelines.publishUntil as servedAt',
        'repositories.id as repositoryId',
        'repositories.fullName',
        'repositories.installationId',
      ])
      .whereRef('pipelines.publishedRevision', '<', 'pipelines.revision')
      .where('pipelines.publishAfter', '<=', now)
      .where((eb) => eb.or([eb('pipelines.publishToken', 'is', null), eb('pipelines.publishUntil', '<=', now)]))
      .where('repositories.removedAt', 'is', null)
      .where('installations.state', '=', 'active')
      .where((eb) =>
        eb.or([
          eb('budgets.installationId', 'is', null),
          eb.and([eb('budgets.nextWriteAt', '<=', now), eb('budgets.blockedUntil', '<=', now)]),
        ]),
      )
      .orderBy((eb) => eb.fn.coalesce('pipelines.publishUntil', 'pipelines.createdAt'))
      .orderBy('pipelines.id')
      .limit(1)
      .forUpdate('pipelines')
      .skipLocked()
      .executeTakeFirst()
    if (row === undefined) return null
    await trx
      .updateTable('pipelines')
      .set({ publishToken: token, publishUntil: plus(now, CLAIM_MS) })
      .where('id', '=', row.pipelineId)
      .execute()
    const { pipelineId, issueNumber, servedAt, repositoryId, fullName, installationId } = row
    return {
      pipelineId,
      token,
      servedAt,
      issueNumber,
      repository: fullName,
      where: { installationId, repositoryId, ...splitName(fullName) },
    }
  })
}

/** Locks the pipeline and lengthens the claim; false when somebody else has it by now. */
export async function hold(trx: Transaction, claim: Claim, now: Instant): Promise<boolean> {
  const held = await trx
    .updateTable('pipelines')
    .set({ publishUntil: plus(now, CLAIM_MS) })
    .where('id', '=', claim.pipelineId)
    .where('publishToken', '=', claim.token)
    .returning('id')
    .executeTakeFirst()
  return held !== undefined
}

/** Hands the pipeline back. `servedAt` is its place in the queue; `revision` what GitHub shows if all of it is shown. */
export async function release(
  trx: Transaction,
  claim: Claim,
  o: { servedAt: Instant | null; after: Instant; revision?: number },
): Promise<void> {
  await trx
    .updateTable('pipelines')
    .set({
      publishToken: null,
      publishUntil: o.servedAt,
      publishAfter: o.after,
      ...(o.revision !== undefined && { publishedRevision: o.revision }),
    })
    .where('id', '=', claim.pipelineId)
    .where('publishToken', '=', claim.token)
    .execute()
}

/** Whatever was published counts for nothing: everything is compared again. */
export async function publishAnew(trx: Transaction, pipelineId: number): Promise<void> {
  await trx.updateTable('pipelines').set({ publishedRevision: 0 }).where('id', '=', pipelineId).execute()
}

/** `owner/repo#7`, for the log. */
export function nameOf({ repository, issueNumber }: Claim): string {
  return `${repository}#${issueNumber}`
}

/** `owner/repo` in the two parts that GitHub's API wants. */
export function splitName(fullName: string): { owner: string; name: string } {
  const [owner = '', name = ''] = fullName.split('/')
  return { owner, name }
}

function plus(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString()
}
