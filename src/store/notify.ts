// Listeners learn what has changed and query for themselves: a notification is a hint and carries no state.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from './database.ts'

export const NOTIFY_CHANNEL = 'andon'

/** Postgres refuses payloads of 8,000 bytes and more (https://www.postgresql.org/docs/current/sql-notify.html). */
const MAX_PAYLOAD_BYTES = 7_900

/** An issue, with the revision that its pipeline has reached; a whole repository (`issue` is null); or what a user may see. */
export type TouchedPlace =
  | { readonly repository: string; readonly issue: number | null; readonly revision?: number }
  | { readonly user: number }

/** All places on which a change can be seen; `everything` where that is not known. */
export type Touched = readonly TouchedPlace[] | 'everything'

/** `since` is when the oldest delivery behind the change arrived, so that listeners can measure how long it took. */
export type ChangeNotice = { readonly since: Instant | null; readonly touched: Touched }

/** Notifies all listeners when the transaction commits. */
export async function notifyChange(trx: Transaction, touched: Touched, since: Instant | null = null): Promise<void> {
  for (const payload of encodeChangeNotice({ since, touched }))
    await sql`select pg_notify(${NOTIFY_CHANNEL}, ${payload})`.execute(trx)
}

/** In as many payloads as needed. */
export function encodeChangeNotice({ since, touched }: ChangeNotice): readonly string[] {
  const payload = JSON.stringify({ since, touched } satisfies ChangeNotice)
  const middle = Math.ceil(touched.length / 2)
  if (touched === 'everything' || touched.length < 2 || payload.length <= MAX_PAYLOAD_BYTES) return [payload]
  const halves = [touched.slice(0, middle), touched.slice(middle)]
  return halves.flatMap((half) => encodeChangeNotice({ since, touched: half }))
}

/** What another version of Andon says, or anybody else, may mean everything. */
export function decodeChangeNotice(payload: string): ChangeNotice {
  try {
    const { since, touched } = JSON.parse(payload) as { readonly since?: unknown; readonly touched?: unknown }
    const isWhole = Array.isArray(touched) && touched.every(isPlace)
    return { since: typeof since === 'string' ? since : null, touched: isWhole ? touched : 'everything' }
  } catch {
    return { since: null, touched: 'everything' }
  }
}

function isPlace(place: Readonly<Record<string, unknown>> | null): boolean {
  if (typeof place?.user === 'number') return true
  return typeof place?.repository === 'string' && (place.issue === null || typeof place.issue === 'number')
}
