// What the sweep of GitHub's log has come to, for people and for metrics. That the log could not be read is said apart
// from that nothing was missing.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'
import { SWEEP_COLUMNS } from './sweeps.ts'

/** What one scan found, and what became of it. */
export type MissedBatch = {
  readonly foundAt: Instant
  /** Of deliveries that came by themselves after all, nothing is counted. */
  readonly count: number
  /** GitHub's times of the first and the last. */
  readonly from: Instant
  readonly until: Instant
  readonly repaired: number
  /** Not fetched yet. */
  readonly due: number
  /** No longer in the log, or not readable. */
  readonly lost: number
  /** When the last was repaired; null while none is. */
  readonly repairedAt: Instant | null
}

export type SweepReport = {
  /** When the log was last read as far as it must be; null before the first time. */
  readonly scannedAt: Instant | null
  /** GitHub's time of the newest delivery that was seen then. */
  readonly sweptUntil: Instant | null
  /** Since when the log cannot be read, and why; null while it can. */
  readonly failing: { readonly since: Instant; readonly words: string } | null
  /** GitHub accepts no request of the App before; in the past if it does. */
  readonly blockedUntil: Instant
  /** A time from which the log was gone before it was read, and when all that was under way had been read from GitHub since; null if that never happened. */
  readonly cutOff: {
    readonly from: Instant | null
    readonly until: Instant
    readonly at: Instant
    readonly reconciledAt: Instant | null
  } | null
  /** Missed deliveries that are still to be fetched. */
  readonly due: number
  /** The latest first. */
  readonly missed: readonly MissedBatch[]
}

const MAX_BATCHES = 20

/** One report for each App whose log is read; none before the first scan. */
export async function loadSweepReports(database: Database): Promise<readonly SweepReport[]> {
  const { kysely } = database
  const rows = await kysely.selectFrom('sweeps').select(SWEEP_COLUMNS).orderBy('appId').execute()
  return await Promise.all(
    rows.map(async (row): Promise<SweepReport> => {
      const missed = await loadMissedBatches(database, row.appId)
      return {
        scannedAt: row.scannedAt,
        sweptUntil: row.sweptUntil,
        failing: row.failingSince === null ? null : { since: row.failingSince, words: row.error ?? '' },
        blockedUntil: row.blockedUntil,
        cutOff:
          row.cutOffAt === null || row.cutOffUntil === null
            ? null
            : { from: row.cutOffFrom, until: row.cutOffUntil, at: row.cutOffAt, reconciledAt: row.cutOffReconciledAt },
        due: missed.reduce((sum, { due }) => sum + due, 0),
        missed,
      }
    }),
  )
}

async function loadMissedBatches({ kysely }: Database, appId: number): Promise<readonly MissedBatch[]> {
  return await kysely
    .selectFrom('missedDeliveries')
    .select(({ fn }) => [
      'foundAt',
      sql<number>`count(*)::integer`.as('count'),
      fn.min('deliveredAt').as('from'),
      fn.max('deliveredAt').as('until'),
      sql<number>`(count(*) filter (where state = 'repaired'))::integer`.as('repaired'),
      sql<number>`(count(*) filter (where state = 'due'))::integer`.as('due'),
      sql<number>`(count(*) filter (where state in ('gone', 'failed')))::integer`.as('lost'),
      sql<Instant | null>`max(ended_at) filter (where state = 'repaired')`.as('repairedAt'),
    ])
    .where('appId', '=', appId)
    .where('state', '<>', 'arrived')
    .groupBy('foundAt')
    .orderBy('foundAt', 'desc')
    .limit(MAX_BATCHES)
    .execute()
}
