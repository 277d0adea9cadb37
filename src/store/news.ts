// What has happened to pipelines and nobody was told of yet. Rows are kept only while some browser wants to hear.
import { sql } from 'kysely'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Happening, News, NewsMessage } from '../pipeline/view/news.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database, Transaction } from './database.ts'

/** Stores what is new, in the transaction in which it becomes true. */
export async function saveNews(
  trx: Transaction,
  all: readonly ({ readonly pipelineId: number } & News)[],
  now: Instant,
): Promise<void> {
  if (all.length === 0) return
  // Of a pipeline that has changed more than once in a group, the latest counts.
  const latest = [...new Map(all.map((news) => [news.pipelineId, news])).values()]
  const dueAt = latest.map(({ happened, needAt }) => (happened === null ? needAt : now))
  await sql`
    insert into news (pipeline_id, happened, due_at)
    select pipeline_id, happened, due_at from unnest(${latest.map(({ pipelineId }) => pipelineId)}::bigint[],
      ${latest.map(({ happened }) => happened)}::text[], ${dueAt}::timestamptz[]) as heard (pipeline_id, happened, due_at)
    where exists (select from push_subscriptions)
    on conflict (pipeline_id) do update set happened = coalesce(excluded.happened, news.happened),
      due_at = least(news.due_at, excluded.due_at)`.execute(trx)
}

/** What waits for nothing but time is looked at once some browser wants to hear of it. */
export async function expectNeeds(trx: Transaction, now: Instant): Promise<void> {
  await sql`
    insert into news (pipeline_id, due_at)
    select id, needs_you_at from pipelines where needs_you_at > ${now}
    on conflict (pipeline_id) do update set due_at = least(news.due_at, excluded.due_at)`.execute(trx)
}

export type WaitingNews = {
  readonly pipeline: Pipeline
  readonly happened: Happening | null
  readonly announcedNeed: string | null
}

/**
 * Lets `judge` say what is worth a message, and stores one for every browser that wants it, in the same transaction;
 * resolves to how many pipelines were looked at.
 */
export async function judgeDueNews(
  { kysely }: Database,
  now: Instant,
  judge: (waiting: WaitingNews) => { readonly message: NewsMessage | null; readonly nextAt: Instant | null },
): Promise<number> {
  return kysely.transaction().execute(async (trx) => {
    const due = await trx
      .selectFrom('news')
      .innerJoin('pipelines', 'pipelines.id', 'news.pipelineId')
      .select(['news.pipelineId', 'happened', 'announcedNeed', 'repositoryId', 'document as pipeline'])
      .where('dueAt', '<=', now)
      .orderBy('dueAt')
      .limit(AT_ONCE)
      .forUpdate('news')
      .skipLocked()
      .execute()
    for (const { pipelineId, repositoryId, ...waiting } of due) {
      const { message, nextAt } = judge(waiting)
      if (message !== null) await addPushes(trx, { pipelineId, repositoryId, message, now })
      await trx
        .updateTable('news')
        .set({ happened: null, dueAt: nextAt, announcedNeed: message?.need ?? waiting.announcedNeed })
        .where('pipelineId', '=', pipelineId)
        .execute()
    }
    return due.length
  })
}

async function addPushes(
  trx: Transaction,
  o: { pipelineId: number; repositoryId: number; message: NewsMessage; now: Instant },
): Promise<void> {
  const { kind, need } = o.message
  await sql`
    insert into pushes (subscription_id, pipeline_id, kind, need, due_at, expires_at)
    select id, ${o.pipelineId}, ${kind}, ${need}, ${o.now}, ${millisecondsAfter(o.now, EXPIRES_AFTER_MS)}
    from push_subscriptions where everything <> (${o.repositoryId} = any (exceptions)) order by id
    on conflict (subscription_id, pipeline_id) do update set kind = excluded.kind, need = excluded.need,
      due_at = excluded.due_at, expires_at = excluded.expires_at, tries = 0, claim_token = null, claimed_until = null
    `.execute(trx)
}

const AT_ONCE = 50
/** After half a day it is no news. */
const EXPIRES_AFTER_MS = 12 * 3_600_000
