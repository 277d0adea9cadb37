// The tables of what Andon missed, and of when it was there, as TypeScript sees them.
import type { ColumnType, Generated } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'

/** A scan through GitHub's log that goes on from page to page, newest first. Moments are GitHub's, but for `startedAt`. */
export type LogScan = {
  readonly startedAt: Instant
  /** Where the next page begins; null for the top. */
  readonly cursor: string | null
  readonly newestAt: Instant | null
  readonly oldestAt: Instant | null
  /** Something that was just sent may have been on its way. */
  readonly isSoonAgain: boolean
}

export type RepairTables = {
  presence: {
    part: 'door' | 'loops'
    seenAt: Instant
    since: Instant
  }
  sweeps: {
    appId: number
    hookId: number | null
    dueAt: Generated<Instant>
    blockedUntil: Generated<Instant>
    claimToken: string | null
    claimedUntil: Generated<Instant>
    nextScanAt: Generated<Instant>
    scan: ColumnType<LogScan | null, string | null, string | null>
    sweptUntil: Instant | null
    scannedAt: Instant | null
    calls: Generated<number>
    callsAt: Generated<Instant>
    failingSince: Instant | null
    error: string | null
    cutOffFrom: Instant | null
    cutOffUntil: Instant | null
    cutOffAt: Instant | null
    cutOffReconciledAt: Instant | null
  }
  missedDeliveries: {
    appId: number
    guid: string
    logId: string
    name: string
    action: string | null
    installationId: number | null
    repositoryId: number | null
    deliveredAt: Instant
    foundAt: Instant
    state: Generated<'due' | 'repaired' | 'arrived' | 'gone' | 'failed'>
    tries: Generated<number>
    misses: Generated<number>
    dueAt: Instant
    endedAt: Instant | null
    error: string | null
  }
  reconciles: {
    pipelineId: number
    readAt: Instant | null
    etags: ColumnType<Readonly<Record<string, string>>, string | undefined, string>
    repaired: Generated<number>
    repairedAt: Instant | null
    failingSince: Instant | null
    error: string | null
  }
  labelScans: {
    repositoryId: number
    label: string | null
    hasFile: boolean | null
    notBefore: Instant | null
    dueAt: Instant
    claimedUntil: Generated<Instant>
    etag: string | null
    listedSince: Instant | null
    scannedAt: Instant | null
    found: Generated<number>
    foundAt: Instant | null
    error: string | null
  }
}
