// Tables stay bounded. A pipeline is deleted only long after its last change, and only while it is done or idle; a fact
// is deleted only when GitHub has not updated it for as long.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Days for which rows are kept. GitHub itself keeps deliveries for three, an Enterprise Server for seven: what its log still
 * has must be known here, or it would be taken for missing and applied again.
 */
export const RETENTION_DAYS = {
  deliveries: 14,
  missedDeliveries: 30,
  failedDeliveries: 90,
  facts: 90,
  pipelines: 180,
  effects: 30,
  unansweredQuestions: 7,
  beats: 30,
  accessProblems: 7,
  loops: 1,
  presses: 30,
  measurements: 1,
  pushSubscriptions: 90,
} as const

/** Rows deleted per statement, so that each transaction stays short; the history of a pipeline goes with it. */
const BATCH_SIZE = 1_000
const PIPELINES_AT_ONCE = 50

/** Deletes rows past their retention; resolves to how many. */
export async function prune(database: Database, now: Instant): Promise<number> {
  const before = (days: number): Instant => millisecondsAfter(now, -days * DAY_MS)
  const { deliveries, failedDeliveries, facts, pipelines, effects, unansweredQuestions } = RETENTION_DAYS
  const { beats, accessProblems, loops, presses, missedDeliveries, measurements, pushSubscriptions } = RETENTION_DAYS
  const old: readonly ExpiredRows[] = [
    { table: 'deliveries', where: sql`state <> 'failed' and received_at < ${before(deliveries)}` },
    { table: 'deliveries', where: sql`state = 'failed' and received_at < ${before(failedDeliveries)}` },
    { table: 'pipelines', where: sql`light in ('done', 'idle') and updated_at < ${before(pipelines)}` },
    {
      table: 'publications',
      where: sql`repository_id is not null and updated_at < ${before(pipelines)}
        and not exists (select from repositories where repositories.id = publications.repository_id
          and publications.surface = 'configuration/' || configuration_head_sha)`,
    },
    {
      table: 'bound_runs',
      where: sql`not exists (select from pipelines
        where pipelines.repository_id = bound_runs.repository_id and pipelines.issue_number = bound_runs.issue_number)`,
    },
    { table: 'runs', where: sql`updated_at < ${before(facts)}` },
    { table: 'pull_requests', where: sql`updated_at < ${before(facts)}` },
    { table: 'effects', where: sql`state in ('done', 'refused', 'buried') and updated_at < ${before(effects)}` },
    // GitHub could not be asked about the run for this long; if its pipeline still waits, it asks again.
    {
      table: 'effects',
      where: sql`type = 'ask' and state = 'due' and document -> 'question' ->> 'about' = 'run'
        and created_at < ${before(unansweredQuestions)}`,
    },
    // No call has met it for this long.
    { table: 'access_problems', where: sql`not declared and next_try_at < ${before(accessProblems)}` },
    { table: 'missed_deliveries', where: sql`found_at < ${before(missedDeliveries)}` },
    { table: 'beats', where: sql`alive_at < ${before(beats)}` },
    { table: 'presses', where: sql`at < ${before(presses)}` },
    { table: 'sessions', where: sql`expires_at < ${now}` },
    // No page of the browser has been opened for this long.
    { table: 'push_subscriptions', where: sql`renewed_at < ${before(pushSubscriptions)}` },
    { table: 'pushes', where: sql`expires_at < ${now}` },
    { table: 'news', where: sql`due_at is null and not exists (select from push_subscriptions)` },
    { table: 'loops', where: sql`beat_at < ${before(loops)}` },
    { table: 'latencies', where: sql`minute < ${before(measurements)}` },
    { table: 'clock_readings', where: sql`read_at < ${before(measurements)}` },
    { table: 'github_quotas', where: sql`read_at < ${before(measurements)}` },
  ]
  let pruned = 0
  for (const rows of old) pruned += await deleteInBatches(database, rows)
  return pruned
}

type ExpiredRows = { readonly table: string; readonly where: RawBuilder<unknown> }

async function deleteInBatches({ kysely }: Database, { table, where }: ExpiredRows): Promise<number> {
  const from = sql.table(table)
  const most = table === 'pipelines' ? PIPELINES_AT_ONCE : BATCH_SIZE
  let deleted = 0
  for (;;) {
    const { numAffectedRows = 0n } = await kysely.transaction().execute(async (trx) => {
      // Locks come in one order, and what the board counts changes under a repository's lock.
      if (table === 'pipelines')
        await sql`select from repositories where id in (select repository_id from ${from} where ${where} limit ${most})
          order by id for update`.execute(trx)
      return await sql`
        delete from ${from} where ctid = any (array (select ctid from ${from} where ${where} limit ${most}))
      `.execute(trx)
    })
    deleted += Number(numAffectedRows)
    if (numAffectedRows < most) return deleted
  }
}
