// Messages that wait to be sent, each claimed by one process at a time.
import { sql } from 'kysely'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { NewsMessage } from '../pipeline/view/news.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { selectVisible } from './board-columns.ts'
import type { Database } from './database.ts'
import type { VisibleRepositories } from './visible-repositories.ts'

export type ClaimedPush = NewsMessage & {
  readonly id: number
  readonly pipelineId: number
  readonly subscriptionId: number
  readonly userId: number
  readonly sealedSubscription: string
  readonly expiresAt: Instant
  readonly tries: number
}

/** What became of a message: `dropped` is what was over, or what its person may not see any more. */
export type PushOutcome = 'sent' | 'dropped' | 'expired' | 'refused' | 'gone'

/** Is there news to judge, or a message to send? */
export async function arePushesDue({ kysely }: Database, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ areDue: boolean }>`
    select exists (select from news where due_at <= ${now})
      or exists (select from pushes where due_at <= ${now}) as "areDue"`.execute(kysely)
  return rows[0]?.areDue ?? false
}

/** Claims what is due, the longest waiting first. Messages to a browser that wants none any more are deleted. */
export async function claimPushes(
  { kysely }: Database,
  { now, token, max }: { now: Instant; token: string; max: number },
): Promise<readonly ClaimedPush[]> {
  await sql`delete from pushes where due_at <= ${now}
    and not exists (select from push_subscriptions where push_subscriptions.id = subscription_id)`.execute(kysely)
  const { rows } = await sql<ClaimedPush>`
    update pushes set claim_token = ${token}, claimed_until = ${millisecondsAfter(now, CLAIM_MS)}, tries = tries + 1
    from push_subscriptions where push_subscriptions.id = pushes.subscription_id and pushes.id in (
      select id from pushes where due_at <= ${now} and (claimed_until is null or claimed_until <= ${now})
      order by due_at, id limit ${max} for update skip locked)
    returning pushes.id, pipeline_id as "pipelineId", subscription_id as "subscriptionId", user_id as "userId",
      sealed_subscription as "sealedSubscription", kind, need, expires_at as "expiresAt", tries`.execute(kysely)
  return rows
}

/** The pipeline that a claimed message is about; null where the viewer may not see it, or the claim is lost. */
export async function loadPushedPipeline(
  { kysely }: Database,
  { id, pipelineId }: ClaimedPush,
  token: string,
  visible: VisibleRepositories,
): Promise<{ readonly repository: string; readonly pipeline: Pipeline } | null> {
  const row = await selectVisible(kysely, { visible })
    .innerJoin('pushes', 'pushes.pipelineId', 'pipelines.id')
    .select(['repositories.fullName as repository', 'pipelines.document as pipeline'])
    .where('pipelines.id', '=', pipelineId)
    .where('pushes.id', '=', id)
    .where('pushes.claimToken', '=', token)
    .executeTakeFirst()
  return row ?? null
}

/** Ends a message, unless a newer one has taken its place meanwhile. */
export async function completePush(
  { kysely }: Database,
  { id, subscriptionId }: ClaimedPush,
  token: string,
  { outcome, now }: { outcome: PushOutcome; now: Instant },
): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    await trx.deleteFrom('pushes').where('id', '=', id).where('claimToken', '=', token).execute()
    const own = ['id', '=', subscriptionId] as const
    if (outcome === 'sent') {
      await trx
        .updateTable('pushSubscriptions')
        .set({ sentAt: now })
        .where(...own)
        .execute()
    }
    if (outcome === 'gone')
      await trx
        .deleteFrom('pushSubscriptions')
        .where(...own)
        .execute()
    await sql`insert into push_outcomes values (${outcome}, 1)
      on conflict (outcome) do update set count = push_outcomes.count + 1`.execute(trx)
  })
}

/** Lets a message wait until it is tried again. */
export async function postponePush(
  { kysely }: Database,
  { id }: ClaimedPush,
  token: string,
  dueAt: Instant,
): Promise<void> {
  await kysely
    .updateTable('pushes')
    .set({ dueAt, claimToken: null, claimedUntil: null })
    .where('id', '=', id)
    .where('claimToken', '=', token)
    .execute()
}

export type PushCounts = {
  readonly subscriptions: number
  readonly waiting: number
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[]
}

export async function countPushes({ kysely }: Database): Promise<PushCounts> {
  const [counts, outcomes] = await Promise.all([
    sql<Omit<PushCounts, 'outcomes'>>`select (select count(*) from push_subscriptions)::integer as subscriptions,
      (select count(*) from pushes)::integer as waiting`.execute(kysely),
    kysely.selectFrom('pushOutcomes').select(['outcome', 'count']).execute(),
  ])
  return { ...(counts.rows[0] ?? { subscriptions: 0, waiting: 0 }), outcomes }
}

/** Longer than GitHub may take to list what a person sees, and a push service to answer. */
const CLAIM_MS = 60_000
