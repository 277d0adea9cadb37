// Heartbeats of our own processes: one row each, upserted by every beat, which also returns whether an operator asked
// the loop to stop.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { allColumns } from './all-columns.ts'
import type { Database } from './database.ts'

/** A loop as its last beat described it. */
export type LoopRow = {
  /** `<role>-<host>-<pid>`. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** When the process started, in clock ticks since boot: with the pid it identifies the process. Null where unknown. */
  readonly startedAtTicks: string | null
  readonly role: string
  readonly status: 'running' | 'idle' | 'stopping'
  readonly iteration: number
  readonly beatAt: Instant
  readonly progressAt: Instant | null
  readonly inFlightSince: Instant | null
  readonly lastError: string | null
  readonly stopRequestedAt: Instant | null
}

/** Stores the beat of a loop; resolves to when the loop was asked to stop, null when it was not. */
export async function upsertLoop(
  { kysely }: Database,
  beat: Omit<LoopRow, 'stopRequestedAt'>,
): Promise<Instant | null> {
  const { id, ...columns } = beat
  const row = await kysely
    .insertInto('loops')
    .values(beat)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        ...columns,
        // The request was for an earlier process with the same host and pid.
        stopRequestedAt: sql`case when loops.started_at_ticks is not distinct from excluded.started_at_ticks
          then loops.stop_requested_at end`,
      }),
    )
    .returning('stopRequestedAt')
    .executeTakeFirstOrThrow()
  return row.stopRequestedAt
}

const LOOP_COLUMNS = allColumns<LoopRow>({
  id: true,
  host: true,
  pid: true,
  startedAtTicks: true,
  role: true,
  status: true,
  iteration: true,
  beatAt: true,
  progressAt: true,
  inFlightSince: true,
  lastError: true,
  stopRequestedAt: true,
})

/** Every loop, the oldest beat first. */
export async function loadLoops({ kysely }: Database): Promise<readonly LoopRow[]> {
  return kysely.selectFrom('loops').select(LOOP_COLUMNS).orderBy('beatAt').orderBy('id').execute()
}

/** Asks a loop to stop, which it reads at its next beat; false when that id is unknown. */
export async function requestStop({ kysely }: Database, id: string, at: Instant): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('loops')
    .set({ stopRequestedAt: at })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Removes the row of a loop that has ended. */
export async function deleteLoop({ kysely }: Database, id: string): Promise<void> {
  await kysely.deleteFrom('loops').where('id', '=', id).execute()
}
