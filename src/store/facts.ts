// Facts of GitHub, written after they were merged: a group writes each table once.
import { type Insertable, sql } from 'kysely'
import type { BoundRunRow } from '../advance/rows.ts'
import type { Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** Inserts or updates runs. */
export async function saveRuns(trx: Transaction, rows: readonly Insertable<Tables['runs']>[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('runs')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        branch: eb.ref('excluded.branch'),
        issueNumber: eb.ref('excluded.issueNumber'),
        document: sql`excluded.document`,
        updatedAt: eb.ref('excluded.updatedAt'),
      })),
    )
    .execute()
}

/** Inserts or updates pull requests. */
export async function savePullRequests(
  trx: Transaction,
  rows: readonly Insertable<Tables['pullRequests']>[],
): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('pullRequests')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['repositoryId', 'number']).doUpdateSet((eb) => ({
        branch: eb.ref('excluded.branch'),
        issueNumbers: eb.ref('excluded.issueNumbers'),
        document: sql`excluded.document`,
        updatedAt: eb.ref('excluded.updatedAt'),
      })),
    )
    .execute()
}

/** Stores which issues runs belong to. */
export async function bindRuns(trx: Transaction, rows: readonly BoundRunRow[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('boundRuns')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
