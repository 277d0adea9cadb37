// Listeners learn that something changed and query for themselves: a notification is a hint and carries no state.
import { sql } from 'kysely'
import type { Transaction } from './database.ts'

export const NOTIFY_CHANNEL = 'andon'

/** Postgres refuses payloads of 8,000 bytes and more (https://www.postgresql.org/docs/current/sql-notify.html). */
const MAX_PAYLOAD_BYTES = 7_900

/** A pipeline and the revision that it has reached. */
export type NewRevision = { readonly id: number; readonly revision: number }

/** Notifies all listeners when the transaction commits. Without pipelines, something else that pages show has changed. */
export async function notifyChanges(trx: Transaction, changes: readonly NewRevision[]): Promise<void> {
  for (const payload of encodeChanges(changes)) await sql`select pg_notify(${NOTIFY_CHANNEL}, ${payload})`.execute(trx)
}

/** `7@12,9@3`, in as many payloads as needed; one empty payload when no pipeline is named. */
export function encodeChanges(changes: readonly NewRevision[]): readonly string[] {
  const payloads = ['']
  for (const { id, revision } of changes) {
    const last = payloads.at(-1) ?? ''
    const longer = last === '' ? `${id}@${revision}` : `${last},${id}@${revision}`
    if (longer.length > MAX_PAYLOAD_BYTES) payloads.push(`${id}@${revision}`)
    else payloads[payloads.length - 1] = longer
  }
  return payloads
}
