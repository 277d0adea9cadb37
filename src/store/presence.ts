// Since when Andon has been there without a break. Its own absence is nobody's silence: while it was stopped, frozen or
// asleep, nobody could report, and nothing could be delivered.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database, Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** The door takes deliveries and reports; the loops act on silence. */
export type PresencePart = Tables['presence']['part']

/** From `awayAt` on it is away, or comes back just now, unless it says before that it is there. */
type PresenceRow = { readonly awayAt: Instant; readonly since: Instant }

const AWAY_AFTER_MS = 45_000

/** These parts are there now. */
export async function notePresence({ kysely }: Database, parts: readonly PresencePart[], now: Instant): Promise<void> {
  await kysely
    .insertInto('presence')
    .values(parts.map((part) => ({ part, seenAt: now, since: now })))
    .onConflict((conflict) =>
      conflict.column('part').doUpdateSet({
        seenAt: now,
        since: sql`case when presence.seen_at < ${millisecondsAfter(now, -AWAY_AFTER_MS)} or presence.since > ${now}
          then ${now} else presence.since end`,
      }),
    )
    .execute()
}

export async function loadPresence(trx: Transaction): Promise<readonly PresenceRow[]> {
  const rows = await trx.selectFrom('presence').select(['seenAt', 'since']).execute()
  return rows.map(({ seenAt, since }) => ({ awayAt: millisecondsAfter(seenAt, AWAY_AFTER_MS), since }))
}
