// Since when Andon has been there without a break. Its own absence is nobody's silence: while it was stopped, frozen or
// asleep, nobody could report, and nothing could be delivered.
import { sql } from 'kysely'
import { AWAY_AFTER_SECONDS, type Instant, secondsAfter } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'

/** The door takes deliveries and reports; the loops act on silence. */
export type PresencePart = 'door' | 'loops'

type PresenceRow = { readonly part: PresencePart; readonly seenAt: Instant; readonly since: Instant }

/** These parts are there now. */
export async function notePresence({ kysely }: Database, parts: readonly PresencePart[], now: Instant): Promise<void> {
  if (parts.length === 0) return
  await kysely
    .insertInto('presence')
    .values(parts.map((part) => ({ part, seenAt: now, since: now })))
    .onConflict((conflict) =>
      conflict.column('part').doUpdateSet({
        seenAt: now,
        since: sql`case when presence.seen_at < ${secondsAfter(now, -AWAY_AFTER_SECONDS)} or presence.since > ${now}
          then ${now} else presence.since end`,
      }),
    )
    .execute()
}

export async function loadPresence(trx: Transaction): Promise<readonly PresenceRow[]> {
  return await trx.selectFrom('presence').selectAll().execute()
}
