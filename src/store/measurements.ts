// What the processes measure, in rows that all of them share.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

type LatencyStep = Tables['latencies']['step']

export type LatencyRow = {
  readonly minute: Instant
  readonly step: LatencyStep
  readonly bucket: number
  readonly count: number
}

export type ClockRow = Tables['clockReadings']

export type QuotaRow = Tables['githubQuotas']

export type MeasuredRows = {
  readonly latencies: readonly LatencyRow[]
  readonly clocks: readonly ClockRow[]
  readonly quotas: readonly QuotaRow[]
}

/** Adds what was counted, and replaces what was read before. All rows lock in the order of their keys. */
export async function saveMeasurements({ kysely }: Database, { latencies, clocks, quotas }: MeasuredRows) {
  await kysely.transaction().execute(async (trx) => {
    if (latencies.length > 0)
      await trx
        .insertInto('latencies')
        .values([...latencies])
        .onConflict((conflict) =>
          conflict.columns(['minute', 'step', 'bucket']).doUpdateSet({
            count: sql`latencies.count + excluded.count`,
          }),
        )
        .execute()
    if (clocks.length > 0)
      await trx
        .insertInto('clockReadings')
        .values([...clocks])
        .onConflict((conflict) =>
          conflict.columns(['process', 'clock']).doUpdateSet({
            aheadMs: sql`excluded.ahead_ms`,
            errorMs: sql`excluded.error_ms`,
            readAt: sql`excluded.read_at`,
          }),
        )
        .execute()
    if (quotas.length > 0)
      await trx
        .insertInto('githubQuotas')
        .values([...quotas])
        .onConflict((conflict) =>
          conflict
            .columns(['installationId', 'resource'])
            .doUpdateSet({
              allowed: sql`excluded.allowed`,
              remaining: sql`excluded.remaining`,
              resetsAt: sql`excluded.resets_at`,
              readAt: sql`excluded.read_at`,
            })
            // Another process has heard something newer.
            .whereRef('githubQuotas.readAt', '<=', 'excluded.readAt' as never),
        )
        .execute()
  })
}

const HOUR_MS = 60 * 60_000

/** How often each bucket was counted in the last hour. */
export async function loadLatencies(
  { kysely }: Database,
  now: Instant,
): Promise<readonly Omit<LatencyRow, 'minute'>[]> {
  const { rows } = await sql<Omit<LatencyRow, 'minute'>>`
    select step, bucket, sum(count)::integer as count from latencies
    where minute > ${millisecondsAfter(now, -HOUR_MS)} group by step, bucket`.execute(kysely)
  return rows
}

const DAY_MS = 24 * HOUR_MS

/** The clocks that any process has read today. */
export async function loadClockReadings({ kysely }: Database, now: Instant): Promise<readonly ClockRow[]> {
  return await kysely
    .selectFrom('clockReadings')
    .select(['process', 'clock', 'aheadMs', 'errorMs', 'readAt'])
    .where('readAt', '>', millisecondsAfter(now, -DAY_MS))
    .orderBy('process')
    .orderBy('clock')
    .execute()
}

/** The database's clock. */
export async function readDatabaseClock({ kysely }: Database): Promise<Instant> {
  const { rows } = await sql<{ at: Instant }>`select clock_timestamp() as at`.execute(kysely)
  return rows[0]?.at ?? ''
}
