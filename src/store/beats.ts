// Heartbeats of agents. A beat is one cheap write outside the door; only a beat with new progress, text or URL goes
// through it.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** What a workflow reports about the attempt that it runs. */
export type Beat = {
  readonly repositoryId: number
  readonly issueNumber: number
  readonly attemptKey: string
  readonly runId: number
  readonly at: Instant
  /** Null when this report omits it; the stored value stays. */
  readonly progress: number | null
  readonly text: string | null
  readonly url: string | null
}

/** Stores a beat; true when it changes the progress, the text or the URL. */
export async function upsertBeat({ kysely }: Database, beat: Beat): Promise<boolean> {
  const { repositoryId, issueNumber, attemptKey, runId, at, progress, text, url } = beat
  const { rows } = await sql<{ news: boolean }>`
    with stored as (
      select progress, text, url from beats
      where repository_id = ${repositoryId} and issue_number = ${issueNumber} and attempt_key = ${attemptKey}
    )
    insert into beats (repository_id, issue_number, attempt_key, run_id, alive_at, progress, text, url)
    values (${repositoryId}, ${issueNumber}, ${attemptKey}, ${runId}, ${at}, ${progress}, ${text}, ${url})
    on conflict (repository_id, issue_number, attempt_key) do update set
      run_id = excluded.run_id,
      alive_at = greatest(beats.alive_at, excluded.alive_at),
      progress = coalesce(excluded.progress, beats.progress),
      text = coalesce(excluded.text, beats.text),
      url = coalesce(excluded.url, beats.url)
    returning (beats.progress, beats.text, beats.url) is distinct from
      (select (stored.progress, stored.text, stored.url) from stored)
      and (beats.progress, beats.text, beats.url) is distinct from (null::integer, null::text, null::text) as news
  `.execute(kysely)
  return rows[0]?.news ?? false
}

/** The latest beats of the attempts of each pipeline, by attempt key. */
export async function loadBeats(
  { kysely }: { readonly kysely: Database['kysely'] | Transaction },
  pipelineIds: readonly number[],
): Promise<ReadonlyMap<number, Readonly<Record<string, Instant>>>> {
  if (pipelineIds.length === 0) return new Map()
  const rows = await kysely
    .selectFrom('beats')
    .innerJoin('pipelines', (join) =>
      join
        .onRef('pipelines.repositoryId', '=', 'beats.repositoryId')
        .onRef('pipelines.issueNumber', '=', 'beats.issueNumber'),
    )
    .select(['pipelines.id', 'beats.attemptKey', 'beats.aliveAt'])
    .where('pipelines.id', 'in', pipelineIds)
    .execute()
  const beats = new Map<number, Record<string, Instant>>()
  for (const { id, attemptKey, aliveAt } of rows) beats.set(id, { ...beats.get(id), [attemptKey]: aliveAt })
  return beats
}
