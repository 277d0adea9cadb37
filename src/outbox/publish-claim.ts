// What is published next, and by whom. A claim ends by itself (store/claims.ts), later than a call made under it may take;
// its token is checked in every transaction, so that a process that was frozen finds its claim gone.
import type { Where } from '../github/request.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { CLAIM_MS } from '../store/claims.ts'
import type { Database, Transaction } from '../store/database.ts'

/** Whose publications: a pipeline's, or those of a repository whose file is mistaken. */
export type Subject = { readonly table: 'pipelines' | 'repositories'; readonly id: number }

/** A subject in hand, and the repository as it is called at present. */
export type Claim = {
  readonly subject: Subject
  readonly token: string
  readonly where: Where
  readonly repository: string
  /** Null when the repository itself is the subject. */
  readonly issueNumber: number | null
  /** When it was last served: it keeps its place in the queue if it cannot be served this time. */
  readonly servedAt: Instant | null
}

/**
 * Claims the repository, else the pipeline, that has waited longest since it was last served, or since it began. That
 * order is what keeps anybody from starving: one write is a service and sends a pipeline to the back, however much more
 * it wants; one that is denied a slot stays in front of all that were served or came later. A repository has one thing
 * to say of a commit, so those that wait behind it wait for one write.
 */
export async function claimNext(database: Database, now: Instant, token: string): Promise<Claim | null> {
  return await database.kysely.transaction().execute(async (trx) => {
    const next = (await nextRepository(trx, now)) ?? (await nextPipeline(trx, now))
    if (next === null) return null
    await trx
      .updateTable(next.subject.table)
      .set({ publishToken: token, publishUntil: millisecondsAfter(now, CLAIM_MS) })
      .where('id', '=', next.subject.id)
      .execute()
    return { ...next, token }
  })
}

/** Locks the subject and lengthens the claim; false when somebody else has it by now. */
export async function hold(trx: Transaction, { subject, token }: Claim, now: Instant): Promise<boolean> {
  const held = await trx
    .updateTable(subject.table)
    .set({ publishUntil: millisecondsAfter(now, CLAIM_MS) })
    .where('id', '=', subject.id)
    .where('publishToken', '=', token)
    .returning('id')
    .executeTakeFirst()
  return held !== undefined
}

/** Hands the subject back. `servedAt` is its place in the queue; `revision` what GitHub shows if all of it is shown. */
export async function release(
  trx: Transaction,
  { subject, token }: Claim,
  o: { servedAt: Instant | null; after: Instant; revision?: number },
): Promise<void> {
  await trx
    .updateTable(subject.table)
    .set({
      publishToken: null,
      publishUntil: o.servedAt,
      publishAfter: o.after,
      ...(o.revision !== undefined && { publishedRevision: o.revision }),
    })
    .where('id', '=', subject.id)
    .where('publishToken', '=', token)
    .execute()
}

/** Whatever was published counts for nothing: everything is compared again. */
export async function publishAnew(trx: Transaction, { table, id }: Subject): Promise<void> {
  await trx.updateTable(table).set({ publishedRevision: 0 }).where('id', '=', id).execute()
}

/** `owner/repo#7`, or `owner/repo` for the repository itself, for the log. */
export function nameOf({ repository, issueNumber }: Claim): string {
  return issueNumber === null ? repository : `${repository}#${issueNumber}`
}

/** `owner/repo` in the two parts that GitHub's API wants. */
export function splitName(fullName: string): { owner: string; name: string } {
  const [owner = '', name = ''] = fullName.split('/')
  return { owner, name }
}

type Next = Omit<Claim, 'token'>

async function nextPipeline(trx: Transaction, now: Instant): Promise<Next | null> {
  const row = await writable(trx, now)
    .innerJoin('pipelines', 'pipelines.repositoryId', 'repositories.id')
    .select(['pipelines.id', 'pipelines.issueNumber', 'pipelines.publishUntil as servedAt'])
    .whereRef('pipelines.publishedRevision', '<', 'pipelines.revision')
    .where('pipelines.publishAfter', '<=', now)
    .where((eb) => eb.or([eb('pipelines.publishToken', 'is', null), eb('pipelines.publishUntil', '<=', now)]))
    .orderBy((eb) => eb.fn.coalesce('pipelines.publishUntil', 'pipelines.createdAt'))
    .orderBy('pipelines.id')
    .limit(1)
    .forUpdate('pipelines')
    .skipLocked()
    .executeTakeFirst()
  return row === undefined ? null : { ...nextOf(row), subject: { table: 'pipelines', id: row.id } }
}

async function nextRepository(trx: Transaction, now: Instant): Promise<Next | null> {
  const row = await writable(trx, now)
    .select('repositories.publishUntil as servedAt')
    .whereRef('repositories.publishedRevision', '<', 'repositories.revision')
    .where('repositories.publishAfter', '<=', now)
    .where((eb) => eb.or([eb('repositories.publishToken', 'is', null), eb('repositories.publishUntil', '<=', now)]))
    .orderBy('repositories.publishAfter')
    .orderBy('repositories.id')
    .limit(1)
    .forUpdate('repositories')
    .skipLocked()
    .executeTakeFirst()
  if (row === undefined) return null
  return { ...nextOf({ ...row, issueNumber: null }), subject: { table: 'repositories', id: row.repositoryId } }
}

/** Repositories that may be written to now, as far as their installation and its budget go. */
function writable(trx: Transaction, now: Instant) {
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

function nextOf(row: {
  readonly repositoryId: number
  readonly fullName: string
  readonly installationId: number
  readonly issueNumber: number | null
  readonly servedAt: Instant | null
}): Omit<Next, 'subject'> {
  const { repositoryId, fullName, installationId, issueNumber, servedAt } = row
  const where = { installationId, repositoryId, ...splitName(fullName) }
  return { repository: fullName, issueNumber, servedAt, where }
}
