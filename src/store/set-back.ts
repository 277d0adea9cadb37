// A clock that is set back leaves moments in the future: a retry in a second is then one in an hour and a second. All that
// were written by our own clock are moved back with it, once, whichever process sees it first. What people or GitHub have
// said, such as the end of a hold, stays.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'

/** Clocks of several machines differ a little. */
const TOLERANCE_MS = 30_000

/** Columns with moments of our own clock that something waits for, or is measured from. */
export const OWN_MOMENTS = {
  effects: ['due_at', 'claimed_until', 'sent_at', 'missed_at', 'created_at'],
  pipelines: ['wake_at', 'reconcile_at', 'known_until', 'publish_after', 'publish_claimed_until'],
  repositories: ['publish_after', 'publish_claimed_until', 'admit_at', 'read_at', 'configuration_read_at'],
  installations: ['read_at'],
  publications: ['sent_at'],
  budgets: ['next_write_at', 'blocked_until'],
  chores: ['due_at'],
  access_problems: ['next_try_at'],
  beats: ['alive_at'],
  reconciles: ['read_at'],
  sweeps: ['due_at', 'blocked_until', 'claimed_until', 'next_scan_at', 'calls_at', 'cut_off_at'],
  missed_deliveries: ['due_at'],
  label_scans: ['due_at', 'claimed_until'],
  news: ['due_at'],
  pushes: ['due_at', 'expires_at', 'claimed_until'],
  presses: ['at'],
  sessions: ['expires_at'],
  users: ['access_expires_at', 'refreshing_until'],
} as const

/** Moves what a clock that was set back has left in the future; resolves to how far, 0 if it was not set back. */
export async function bringForward({ kysely }: Database, now: Instant): Promise<number> {
  const ahead = kysely.selectFrom('presence').select('part').where('seenAt', '>', millisecondsAfter(now, TOLERANCE_MS))
  if ((await ahead.executeTakeFirst()) === undefined) return 0
  return await kysely.transaction().execute(async (trx) => {
    const seen = await trx.selectFrom('presence').select('seenAt').orderBy('part').forUpdate().execute()
    const backMs = Math.max(0, ...seen.map(({ seenAt }) => Date.parse(seenAt) - Date.parse(now)))
    if (backMs <= TOLERANCE_MS) return 0
    const back = sql`make_interval(secs => ${backMs / 1000})`
    for (const [table, columns] of Object.entries(OWN_MOMENTS)) {
      const moved = columns.map((column) => {
        const at = sql.ref(column)
        return sql`${at} = case when ${at} > ${now} then greatest(${now}, ${at} - ${back}) else ${at} end`
      })
      const isAhead = columns.map((column) => sql`${sql.ref(column)} > ${now}`)
      await sql`update ${sql.table(table)} set ${sql.join(moved)} where ${sql.join(isAhead, sql` or `)}`.execute(trx)
    }
    await sql`update presence set seen_at = ${now}, since = least(since, ${now})`.execute(trx)
    return backMs
  })
}
