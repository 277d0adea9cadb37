// Signs of life of agents. A beat is one cheap write, outside the door; what it brings that is worth telling goes through it.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** What a workflow says of the attempt it is running. */
export type Beat = {
  readonly repositoryId: number
  readonly issueNumber: number
  readonly attemptKey: string
  readonly runId: number
  readonly at: Instant
  /** Null: not said this time, and what was said before stands. */
  readonly progress: number | null
  readonly text: string | null
  readonly url: string | null
}

/** Keeps a beat; true when it says something that was not said before. */
export async function upsertBeat({ kysely }: Database, beat: Beat): Promise<boolean> {
  const { repositoryId, issueNumber, attemptKey, runId, at, progress, text, url } = beat
  const { rows } = await sql<{ news: boolean }>`
    with known as (
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
      (select (known.progress, known.text, known.url) from known)
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
