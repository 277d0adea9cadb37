import { statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { hearsItself } from '../store/hears-itself.ts'
import { loadLoops } from '../store/loops.ts'
import { loadDeliveriesReading, loadHoldsReading, loadOutboxReading, loadQuotaReadings } from '../store/machine.ts'
import { type LatencyRow, loadClockReadings, loadLatencies } from '../store/measurements.ts'
import { IS_READ_ONLY } from '../store/readiness.ts'
import { loadReconcileReport } from '../store/reconciles.ts'
import { listAccessProblems } from '../store/shown-access-problems.ts'
import { loadSweepReports } from '../store/sweep-report.ts'
import { listRegisteredLoops } from '../watchdog/loop-registry.ts'
import { type LatencySummary, summarizeLatencies } from './latency-buckets.ts'
import type { LatencyStep } from './measurements.ts'
import type { DatabaseFacts, DiskFacts, HealthPart, HealthReport, LatencyReading } from './report.ts'

/** All readings together; what has not been read then could not be read. */
const DEADLINE_MS = 5_000
/** The database must answer at all, or nothing else is asked of it. */
const FIRST_ANSWER_MS = 2_000
/** It opens a connection of its own. */
const LISTEN_CHECK_EVERY_MS = 60_000

export type HealthParts = {
  readonly database: Database
  /** `<role>-<host>-<pid>`. */
  readonly process: string
  readonly build: string
  readonly dataDirectory: string
  readonly now: () => Instant
  readonly log: Logger
}

/** Reads the health of Andon, and writes nothing: what processes measured is in it once they have saved it. Never rejects. */
export function openHealthReading(o: HealthParts): () => Promise<HealthReport> {
  const { database, now } = o
  const startedAt = now()
  const listenCheck = rememberFor(LISTEN_CHECK_EVERY_MS, () => hearsItself(database))

  return async () => {
    const asOf = now()
    const deadline = AbortSignal.timeout(DEADLINE_MS)
    const look = <T>(what: string, read: () => Promise<T>, signal = deadline): Promise<HealthPart<T>> =>
      beforeAbort(read, signal).then(
        (value) => ({ value }),
        (error: unknown) => {
          o.log.warn({ err: error, reading: what }, 'the health could not be read')
          return { problem: problemOf(error) }
        },
      )
    const disk = await look('disk', () => readDisk(o.dataDirectory))
    const facts = await look('database', () => readDatabase(database), AbortSignal.timeout(FIRST_ANSWER_MS))
    const database_: HealthPart<DatabaseFacts> =
      'problem' in facts
        ? facts
        : await look('notifications', async () => ({ ...facts.value, hearsItself: await listenCheck() }))
    // One after the other, so that deliveries find the database's connections free.
    const stored = async <T>(what: string, read: () => Promise<T>): Promise<HealthPart<T>> =>
      'problem' in facts ? { problem: DATABASE_AWAY } : await look(what, read)
    return {
      ...{ asOf, startedAt, process: o.process, build: o.build, disk, database: database_ },
      deliveries: await stored('deliveries', () => loadDeliveriesReading(database, asOf)),
      loops: await stored('loops', async () =>
        listRegisteredLoops({ rows: await loadLoops(database), files: [], now: asOf, host: hostname() }),
      ),
      clocks: await stored('clocks', () => loadClockReadings(database, asOf)),
      sweeps: await stored('sweeps', () => loadSweepReports(database)),
      reconciles: await stored('reconciles', () => loadReconcileReport(database)),
      outbox: await stored('outbox', () => loadOutboxReading(database, asOf)),
      quotas: await stored('quotas', () => loadQuotaReadings(database, asOf)),
      holds: await stored('holds', () => loadHoldsReading(database)),
      accessProblems: await stored('access', () => listAccessProblems(database.kysely, sql`true`, asOf)),
      latencies: await stored('latencies', async () => latenciesOf(await loadLatencies(database, asOf))),
    }
  }
}

const DATABASE_AWAY = 'the database does not answer'

/** How long deliveries took in the last hour, read at most once a minute; null when it cannot be read. */
export function openLatencyReading(o: Pick<HealthParts, 'database' | 'now'>): () => Promise<LatencyReading | null> {
  const read = rememberFor(LATENCIES_EVERY_MS, async () => latenciesOf(await loadLatencies(o.database, o.now())))
  return () => read().catch(() => null)
}

/** The foot of the board must not change with every reading. */
const LATENCIES_EVERY_MS = 60_000

function latenciesOf(rows: readonly Omit<LatencyRow, 'minute'>[]): LatencyReading {
  const of = (step: LatencyStep): LatencySummary | null =>
    summarizeLatencies(new Map(rows.filter((row) => row.step === step).map(({ bucket, count }) => [bucket, count])))
  return { commit: of('commit'), browser: of('browser') }
}

async function readDatabase({ kysely, kind, location }: Database): Promise<DatabaseFacts> {
  const startedMs = performance.now()
  const { rows } = await sql<{ version: string; isReadOnly: boolean; bytes: number }>`
    select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
      ${IS_READ_ONLY} as "isReadOnly"
  `.execute(kysely)
  const answerMs = performance.now() - startedMs
  const { version = '', isReadOnly = false, bytes = 0 } = rows[0] ?? {}
  const [short = version] = version.split(' ')
  return { kind, location, version: short, answerMs, bytes: Number(bytes), isReadOnly, hearsItself: null }
}

async function readDisk(directory: string): Promise<DiskFacts> {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { directory, freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0]?.slice(0, 200) ?? ''
}

/** A reading that hangs is given up; its end is ignored. */
function beforeAbort<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(new Error(LATE))
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const giveUp = () => reject(new Error(LATE))
  signal.addEventListener('abort', giveUp, { once: true })
  read()
    .then(resolve, reject)
    .finally(() => signal.removeEventListener('abort', giveUp))
  return promise
}

const LATE = 'no answer in time'

/** The last value for as long; a failure is not remembered. */
function rememberFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | null = null
  return async () => {
    if (last !== null && performance.now() - last.at < ms) return last.value
    last = { value: await read(), at: performance.now() }
    return last.value
  }
}
