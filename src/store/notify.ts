// Listeners learn that something changed and query for themselves: a notification is a hint and carries no state.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

export const NOTIFY_CHANNEL = 'andon'

/** Postgres refuses payloads of 8,000 bytes and more (https://www.postgresql.org/docs/current/sql-notify.html). */
const MAX_PAYLOAD_BYTES = 7_900

/** A pipeline and the revision that it has reached. */
export type NewRevision = { readonly id: number; readonly revision: number }

/**
 * Notifies all listeners when the transaction commits. Without pipelines, something else that pages show has changed.
 * `since` is when the oldest delivery behind the changes arrived, so that listeners can measure how long it took.
 */
export async function notifyChanges(
  trx: Transaction,
  changes: readonly NewRevision[],
  since: Instant | null = null,
): Promise<void> {
  for (const payload of encodeChanges(changes)) {
    const full = since === null ? payload : `${since} ${payload}`
    await sql`select pg_notify(${NOTIFY_CHANNEL}, ${full})`.execute(trx)
  }
}

/** When the oldest delivery behind a notification arrived; null if it names none. */
export function changedSince(payload: string): Instant | null {
  return /^(\d{4}-\S+Z) /.exec(payload)?.[1] ?? null
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
