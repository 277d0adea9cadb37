// What is published next, and by whom. A claim ends by itself, later than a call made under it may take; its token is checked
// in every transaction, so that a process that was frozen finds its claim gone.
import type { Instant } from '../pipeline/model/time.ts'
import { CLAIM_MS } from './claims.ts'
import type { Database, Transaction } from './database.ts'

/** Whose publications: a pipeline's, or those of a repository whose file is mistaken. */
export type PublishTarget = { readonly table: 'pipelines' | 'repositories'; readonly id: number }

/** A subject in hand, and the repository as it is called at present. */
export type PublishClaimRow = {
  readonly target: PublishTarget
  readonly token: string
  readonly repositoryId: number
  readonly installationId: number
  readonly fullName: string
  /** Null when the repository itself is the subject. */
  readonly issueNumber: number | null
  /** When it was last served: it keeps its place in the queue if it cannot be served this time. */
  readonly servedAt: Instant | null
}

type HeldClaim = Pick<PublishClaimRow, 'target' | 'token'>

/**
 * Claims the repository, else the pipeline, that has waited longest since it was last served, or since it began. That
 * order is what keeps anybody from starving: one write is a service and sends a pipeline to the back, however much more
 * it wants; one that is denied a slot stays in front of all that were served or came later. A repository has one thing
 * to say of a commit, so those that wait behind it wait for one write.
 */
export async function claimNextTarget(
  database: Database,
  now: Instant,
  token: string,
): Promise<PublishClaimRow | null> {
  return await database.kysely.transaction().execute(async (trx) => {
    const next = (await nextRepository(trx, now)) ?? (await nextPipeline(trx, now))
    if (next === null) return null
    await trx
      .updateTable(next.target.table)
      .set({ publishClaimToken: token, publishClaimedUntil: claimEnd(now) })
      .where('id', '=', next.target.id)
      .execute()
    return { ...next, token }
  })
}

/** Locks the subject and lengthens the claim; false when somebody else has it by now. */
export async function renewClaim(trx: Transaction, { target, token }: HeldClaim, now: Instant): Promise<boolean> {
  const renewed = await trx
    .updateTable(target.table)
    .set({ publishClaimedUntil: claimEnd(now) })
    .where('id', '=', target.id)
    .where('publishClaimToken', '=', token)
    .returning('id')
    .executeTakeFirst()
  return renewed !== undefined
}

/** Hands the subject back. `servedAt` is its place in the queue; `revision` what GitHub shows if all of it is shown. */
export async function releaseClaim(
  trx: Transaction,
  { target, token }: HeldClaim,
  o: { servedAt: Instant | null; after: Instant; revision?: number },
): Promise<void> {
  await trx
    .updateTable(target.table)
    .set({
      publishClaimToken: null,
      publishClaimedUntil: o.servedAt,
      publishAfter: o.after,
      ...(o.revision !== undefined && { publishedRevision: o.revision }),
    })
    .where('id', '=', target.id)
    .where('publishClaimToken', '=', token)
    .execute()
}

/** Whatever was published counts for nothing: everything is compared again. */
export async function invalidatePublications(trx: Transaction, { table, id }: PublishTarget): Promise<void> {
  await trx.updateTable(table).set({ publishedRevision: 0 }).where('id', '=', id).execute()
}

type NextTarget = Omit<PublishClaimRow, 'token'>

async function nextPipeline(trx: Transaction, now: Instant): Promise<NextTarget | null> {
  const row = await writableRepositories(trx, now)
    .innerJoin('pipelines', 'pipelines.repositoryId', 'repositories.id')
    .select(['pipelines.id', 'pipelines.issueNumber', 'pipelines.publishClaimedUntil as servedAt'])
    .whereRef('pipelines.publishedRevision', '<', 'pipelines.revision')
    .where('pipelines.publishAfter', '<=', now)
    .where((eb) =>
      eb.or([eb('pipelines.publishClaimToken', 'is', null), eb('pipelines.publishClaimedUntil', '<=', now)]),
    )
    .orderBy((eb) => eb.fn.coalesce('pipelines.publishClaimedUntil', 'pipelines.createdAt'))
    .orderBy('pipelines.id')
    .limit(1)
    .forUpdate('pipelines')
    .skipLocked()
    .executeTakeFirst()
  if (row === undefined) return null
  const { id, ...rest } = row
  return { ...rest, target: { table: 'pipelines', id } }
}

async function nextRepository(trx: Transaction, now: Instant): Promise<NextTarget | null> {
  const row = await writableRepositories(trx, now)
    .select('repositories.publishClaimedUntil as servedAt')
    .whereRef('repositories.publishedRevision', '<', 'repositories.revision')
    .where('repositories.publishAfter', '<=', now)
    .where((eb) =>
      eb.or([eb('repositories.publishClaimToken', 'is', null), eb('repositories.publishClaimedUntil', '<=', now)]),
    )
    .orderBy('repositories.publishAfter')
    .orderBy('repositories.id')
    .limit(1)
    .forUpdate('repositories')
    .skipLocked()
    .executeTakeFirst()
  return row === undefined
    ? null
    : { ...row, issueNumber: null, target: { table: 'repositories', id: row.repositoryId } }
}

/** Repositories that may be written to now, as far as their installation and its budget go. */
function writableRepositories(trx: Transaction, now: Instant) {
  return trx
    .selectFrom('repositories')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
    .select(['repositories.id as repositoryId', 'repositories.fullName', 'repositories.installationId'])
    .where('repositories.removedAt', 'is', null)
    .where('installations.state', '=', 'active')
    .where((eb) =>
      eb.or([
        eb('budgets.installationId', 'is', null),
        eb.and([eb('budgets.nextWriteAt', '<=', now), eb('budgets.blockedUntil', '<=', now)]),
      ]),
    )
}

function claimEnd(now: Instant): Instant {
  return new Date(Date.parse(now) + CLAIM_MS).toISOString()
}
