// What admission reads of a repository, by index: the pipelines that wait for a slot, in order, and those that use one.
import { type RawBuilder, sql } from 'kysely'
import type { InstallationState } from '../pipeline/model/questions.ts'
import type { DenialReason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'
import { instantColumn } from './moments.ts'

/** A pipeline that waits for a slot. */
export type QueuedPipeline = {
  readonly id: number
  readonly issueNumber: number
  readonly queuedAt: Instant
  /** When its first attempt used one of a day's starts; null while none has been admitted. */
  readonly startedAt: Instant | null
  /** The reason it waits, as last recorded. */
  readonly denial: DenialReason | null
  /** The workflow that it waits for. */
  readonly workflow: string
}

/** A repository's slots, without the pipelines that the transaction itself has loaded. */
export type RepositorySlots = {
  readonly repositoryId: number
  readonly installationState: InstallationState
  /** Is GitHub asked whether the repository is there? */
  readonly isInDoubt: boolean
  readonly running: number
  readonly startedToday: number
  /** The first in the queue, up to the limit of each kind: pipelines that have started, and those that have not. */
  readonly queue: readonly QueuedPipeline[]
}

/** Reads the slots of repositories. At most `most` can be admitted; the caller counts the pipelines `inHand` itself. */
export async function loadSlots(
  trx: Transaction,
  repositories: readonly {
    readonly id: number
    readonly most: number
    /** Workflows that are held. */
    readonly held: readonly string[]
    /** Those of them that one attempt may try now. */
    readonly probing: readonly string[]
  }[],
  inHand: readonly number[],
  midnight: Instant,
): Promise<readonly RepositorySlots[]> {
  if (repositories.length === 0) return []
  const others = sql`repository_id = asked.id and not (pipelines.id = any (${inHand}::bigint[]))`
  const queueColumns = sql`pipelines.id, issue_number, queued_at, started_at, denial, queued_workflow`
  const first = (isFresh: RawBuilder<unknown>) => sql`(
    select ${queueColumns} from pipelines
    where ${others} and queued_at is not null and (started_at is null) = ${isFresh}
      and not (queued_workflow = any (asked.held))
    order by queued_at, issue_number limit asked.most)`
  const probes = (isFresh: RawBuilder<unknown>) => sql`(
    select first.* from unnest(asked.probing) as probing, lateral (
      select ${queueColumns} from pipelines
      where ${others} and queued_at is not null and (started_at is null) = ${isFresh} and queued_workflow = probing
      order by queued_at, issue_number limit 1) as first)`
  const { rows } = await sql<RepositorySlots>`
    select asked.id as repository_id, installations.state as installation_state,
      exists (select from effects where effects.repository_id = asked.id and state = 'due'
        and key like 'repository/%') as is_in_doubt,
      (select coalesce(sum(live_attempts), 0)::integer from pipelines where ${others} and live_attempts > 0) as running,
      -- What a clock that was set back has left in a later day does not count.
      (select count(*)::integer from pipelines where ${others} and started_at >= ${midnight}
        and started_at < ${midnight}::timestamptz + interval '1 day') as started_today,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'id', id, 'issueNumber', issue_number, 'queuedAt', ${instantColumn('queued_at')},
          'startedAt', ${instantColumn('started_at')}, 'denial', denial,
          'workflow', queued_workflow)), '[]')
        from (${first(sql`false`)} union all ${first(sql`true`)}
          union all ${probes(sql`false`)} union all ${probes(sql`true`)}) as waiting) as queue
    from jsonb_to_recordset(${JSON.stringify(repositories)}::jsonb) as asked(id bigint, most integer, held text[], probing text[])
    join repositories on repositories.id = asked.id
    join installations on installations.id = repositories.installation_id`.execute(trx)
  return rows
}

/** Why pipelines wait: those that have not started, and those that have; by workflow, with `*` for any other. */
export type WaitReasons = Readonly<Record<'fresh' | 'started', Readonly<Record<string, DenialReason | null>>>>

/** Queued pipelines of a repository whose recorded reason differs from these, longest waiting first. */
export async function listPipelinesWithOtherWaitReason(
  trx: Transaction,
  repositoryId: number,
  reasons: WaitReasons,
  inHand: readonly number[],
  limit: number,
): Promise<readonly number[]> {
  const kind = sql`(${JSON.stringify(reasons)}::jsonb -> case when started_at is null then 'fresh' else 'started' end)`
  const reason = sql`coalesce(${kind} -> queued_workflow, ${kind} -> '*')`
  const rows = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', repositoryId)
    .where('queuedAt', 'is not', null)
    .where(sql<boolean>`${reason} <> 'null' and denial is distinct from ${reason}`)
    .where(sql<boolean>`not (id = any (${inHand}::bigint[]))`)
    .orderBy('queuedAt')
    .orderBy('issueNumber')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}
