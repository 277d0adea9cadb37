// What is published next, and by which worker. A claim expires by itself, later than a call made under it may take; its
// token is checked in every transaction, so that a process that was frozen finds its claim lost.
// `publish_claimed_until` has two meanings: with a token it is the end of the claim, without one the time when the
// target was last served.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { claimEnd } from './claims.ts'
import type { Database, Transaction } from './database.ts'
import { hasFreeSlot, isReached, isUnblocked } from './reach.ts'

/** What is published: a pipeline, or a repository whose file has mistakes. */
export type PublishTarget = { readonly table: 'pipelines' | 'repositories'; readonly id: number }

/** A claimed target, with its repository's current name. */
export type PublishClaimRow = {
  readonly target: PublishTarget
  readonly token: string
  readonly repositoryId: number
  readonly installationId: number
  readonly fullName: string
  /** Null when the target is the repository itself. */
  readonly issueNumber: number | null
  /** When it was last served: its place in the queue if it cannot be served this time. */
  readonly servedAt: Instant | null
}

/** Longer than a call to GitHub may take (10 s). */
const LEAST_LEFT_MS = 15_000

type HeldClaim = Pick<PublishClaimRow, 'target' | 'token'>

/**
 * Claims the installation's repository, else its pipeline, that has waited longest since it was last served, or since it was created.
 * That order keeps every target from starving: one write counts as served and sends a pipeline to the back, however
 * much is left to write; a target that is denied a slot stays ahead of all that were served or came later. A repository
 * has one check run to write per commit, so pipelines behind it wait for one write.
 */
export async function claimNextTarget(
  database: Database,
  installationId: number,
  now: Instant,
  token: string,
): Promise<PublishClaimRow | null> {
  return await database.kysely.transaction().execute(async (trx) => {
    const next = (await nextRepository(trx, installationId, now)) ?? (await nextPipeline(trx, installationId, now))
    if (next === null) return null
    await trx
      .updateTable(next.target.table)
      .set({ publishClaimToken: token, publishClaimedUntil: claimEnd(now) })
      .where('id', '=', next.target.id)
      .execute()
    return { ...next, token }
  })
}

/**
 * Locks the target and lets the claim last longer than a call; false when another process has claimed it since. A claim that
 * lasts long enough is not written again: the row is large, and many steps follow each other.
 */
export async function renewClaim(trx: Transaction, { target, token }: HeldClaim, now: Instant): Promise<boolean> {
  const held = await trx
    .selectFrom(target.table)
    .select('publishClaimedUntil')
    .where('id', '=', target.id)
    .where('publishClaimToken', '=', token)
    .forUpdate()
    .executeTakeFirst()
  if (held === undefined) return false
  if (held.publishClaimedUntil === null || held.publishClaimedUntil < claimEnd(now, LEAST_LEFT_MS))
    await trx
      .updateTable(target.table)
      .set({ publishClaimedUntil: claimEnd(now) })
      .where('id', '=', target.id)
      .execute()
  return true
}

/** Releases the target. `servedAt` is its place in the queue; `revision` is given when GitHub shows all of it. */
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

/** Makes every surface of the target be compared with GitHub again. */
export async function invalidatePublications(trx: Transaction, { table, id }: PublishTarget): Promise<void> {
  await trx.updateTable(table).set({ publishedRevision: 0, publishAfter: '-infinity' }).where('id', '=', id).execute()
}

/** Condition on a target: GitHub does not show all of it, and no valid claim is on it. */
export function needsPublishing(table: PublishTarget['table'], now: Instant): RawBuilder<SqlBool> {
  const column = (name: string) => sql.ref(`${table}.${name}`)
  return sql<SqlBool>`${column('published_revision')} < ${column('revision')} and ${column('publish_after')} <= ${now}
    and (${column('publish_claim_token')} is null or ${column('publish_claimed_until')} <= ${now})`
}

type NextTarget = Omit<PublishClaimRow, 'token'>

/** Whether the installation has a target that could be claimed now. */
export async function isPublicationWaiting(trx: Transaction, installationId: number, now: Instant): Promise<boolean> {
  return (
    (await waitingRepositories(trx, installationId, now).limit(1).executeTakeFirst()) !== undefined ||
    (await waitingPipelines(trx, installationId, now).limit(1).executeTakeFirst()) !== undefined
  )
}

async function nextPipeline(trx: Transaction, installationId: number, now: Instant): Promise<NextTarget | null> {
  const row = await waitingPipelines(trx, installationId, now)
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

async function nextRepository(trx: Transaction, installationId: number, now: Instant): Promise<NextTarget | null> {
  const row = await waitingRepositories(trx, installationId, now)
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

function waitingPipelines(trx: Transaction, installationId: number, now: Instant) {
  return writableRepositories(trx, installationId, now)
    .innerJoin('pipelines', 'pipelines.repositoryId', 'repositories.id')
    .select(['pipelines.id', 'pipelines.issueNumber', 'pipelines.publishClaimedUntil as servedAt'])
    .where(needsPublishing('pipelines', now))
    .where(isNotBeingRead(now))
}

function waitingRepositories(trx: Transaction, installationId: number, now: Instant) {
  return writableRepositories(trx, installationId, now)
    .select('repositories.publishClaimedUntil as servedAt')
    .where(needsPublishing('repositories', now))
}

/** The installation's repositories, if it is active and has budget for a write now. */
function writableRepositories(trx: Transaction, installationId: number, now: Instant) {
  return trx
    .selectFrom('repositories')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
    .select(['repositories.id as repositoryId', 'repositories.fullName', 'repositories.installationId'])
    .where('repositories.installationId', '=', installationId)
    .where(isReached)
    .where(isUnblocked(now))
    .where(hasFreeSlot(now))
}

/**
 * Condition on a pipeline: neither its issue nor its repository's file is being read. What a new file says of comments
 * and checks counts from the first one on. A reading that takes long delays nothing more.
 */
function isNotBeingRead(now: Instant): RawBuilder<SqlBool> {
  return sql<SqlBool>`not exists (
    select from effects where effects.type = 'ask' and effects.state = 'due' and effects.due_at <= ${now}
      and effects.created_at > ${now}::timestamptz - interval '10 seconds'
      and effects.repository_id = pipelines.repository_id
      and (effects.key like 'configuration/%' or effects.key like 'issue/' || pipelines.issue_number || '/%'))`
}
