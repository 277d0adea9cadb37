// Who listens is told that something changed, and reads for itself: a notification is a hint and carries no state.
import { sql } from 'kysely'
import type { Transaction } from './database.ts'

export const NOTIFY_CHANNEL = 'andon'

/** Postgres refuses payloads of 8,000 bytes and more (https://www.postgresql.org/docs/current/sql-notify.html). */
const MAX_PAYLOAD_BYTES = 7_900

/** Which pipelines came to which revision. */
export type NewRevision = { readonly id: number; readonly revision: number }

/** Tells everybody who listens, once the transaction commits. No pipeline named: something else that pages show. */
export async function notifyChanges(trx: Transaction, changes: readonly NewRevision[]): Promise<void> {
  for (const payload of encodeChanges(changes)) await sql`select pg_notify(${NOTIFY_CHANNEL}, ${payload})`.execute(trx)
}

/** `7@12,9@3`, in as many pieces as must be; one empty piece for no change at all. */
export function encodeChanges(changes: readonly NewRevision[]): readonly string[] {
  const pieces = ['']
  for (const { id, revision } of changes) {
    const last = pieces.at(-1) ?? ''
    const longer = last === '' ? `${id}@${revision}` : `${last},${id}@${revision}`
    if (longer.length > MAX_PAYLOAD_BYTES) pieces.push(`${id}@${revision}`)
    else pieces[pieces.length - 1] = longer
  }
  return pieces
}
