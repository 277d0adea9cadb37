// Deliveries whose signature does not match are counted for people, because GitHub shows them only to the App's owner. Anybody
// may send such requests: the count is written at most every few seconds, whatever comes.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { saveRejectedSignatures } from '../store/access-problems.ts'
import type { Database } from '../store/database.ts'

/** Notes one rejected delivery. Never throws, and nobody waits for it. */
export type NoteRejectedSignature = () => void

const WRITE_EVERY_MS = 5_000

export function openRejectedSignatures(o: {
  database: Database
  now: () => Instant
  log: Logger
}): NoteRejectedSignature {
  let count = 0
  let writtenAtMs = Number.NEGATIVE_INFINITY
  return () => {
    count += 1
    if (Math.abs(Date.parse(o.now()) - writtenAtMs) < WRITE_EVERY_MS) return
    writtenAtMs = Date.parse(o.now())
    const rejected = count
    count = 0
    o.log.warn({ rejected }, 'deliveries carry a signature that does not match WEBHOOK_SECRET')
    saveRejectedSignatures(o.database, rejected, o.now()).catch((error) => o.log.warn({ err: error }, 'not counted'))
  }
}
