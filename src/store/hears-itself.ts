import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from './database.ts'

const CHANNEL = 'andon_echo'
/** A notification takes milliseconds. */
const NOTIFY_TIMEOUT_MS = 3_000

/**
 * Whether a notification to itself arrives; null where all listeners are in one process. Behind a pooler in transaction
 * mode, LISTEN is answered and nothing ever arrives.
 */
export async function hearsItself(database: Database): Promise<boolean | null> {
  if (database.kind === 'embedded') return null
  const token = randomUUID()
  const { promise: arrived, resolve } = Promise.withResolvers<boolean>()
  const unlisten = await database.listen(
    CHANNEL,
    (payload) => payload === token && resolve(true),
    () => undefined,
  )
  try {
    await sql`select pg_notify(${CHANNEL}, ${token})`.execute(database.kysely)
    return await Promise.race([arrived, sleep(NOTIFY_TIMEOUT_MS, false, { ref: false })])
  } finally {
    await unlisten()
  }
}
