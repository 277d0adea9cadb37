// What this process measures while it works, kept in memory and saved now and then, so that every process can show all of
// it. While the database is away it is kept; what is older than an hour is worth nothing any more.
import type { Logger } from 'pino'
import type { GitHubQuota, Overheard } from '../github/answer-headers.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import {
  type ClockRow,
  type LatencyRow,
  type QuotaRow,
  readDatabaseClock,
  saveMeasurements,
} from '../store/measurements.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { latencyBucketOf } from './latency-buckets.ts'

/** `commit`: from a delivery's arrival to its commit. `browser`: to when its change was written to the browsers. */
export type LatencyStep = 'commit' | 'browser'

export type Measurements = Overheard & {
  latency(step: LatencyStep, ms: number): void
  /** Calls the listener with each latency from now on. */
  onLatency(listener: (step: LatencyStep, ms: number) => void): void
  /** Saves what is new; never rejects. */
  flush(): Promise<void>
  /** Saves for the last time. */
  close(): Promise<void>
}

const FLUSH_EVERY_MS = 10_000
const HOUR_MS = 60 * 60_000
/** Within its second, GitHub's time can be any. */
const GITHUB_CLOCK_STEP_MS = 1_000

export function openMeasurements(o: {
  database: Database
  /** `<role>-<host>-<pid>`. */
  process: string
  now: () => Instant
  log: Logger
}): Measurements {
  const { database, process, now } = o
  const listeners: ((step: LatencyStep, ms: number) => void)[] = []
  let latencies = new Map<string, LatencyRow>()
  let quotas = new Map<string, QuotaRow>()
  let githubClock: ClockRow | null = null
  let flushing: Promise<void> = Promise.resolve()

  function count(row: LatencyRow): void {
    const key = `${row.minute} ${row.step} ${String(row.bucket).padStart(3)}`
    latencies.set(key, { ...row, count: row.count + (latencies.get(key)?.count ?? 0) })
  }

  async function save(): Promise<void> {
    if (latencies.size === 0 && quotas.size === 0 && githubClock === null) return
    const [ours, theirs, github] = [latencies, quotas, githubClock]
    latencies = new Map()
    quotas = new Map()
    githubClock = null
    try {
      const clocks = [await readDatabase(), ...(github === null ? [] : [github])]
      await saveMeasurements(database, { latencies: sorted(ours), quotas: sorted(theirs), clocks })
    } catch (error) {
      o.log.debug({ err: error }, 'measurements could not be saved yet')
      const anHourAgo = millisecondsAfter(now(), -HOUR_MS)
      for (const row of ours.values()) if (row.minute > anHourAgo) count(row)
      quotas = new Map([...theirs, ...quotas])
      githubClock ??= github
    }
  }

  async function readDatabase(): Promise<ClockRow> {
    const sentAt = now()
    const theirs = await readDatabaseClock(database)
    return clockRow('database', { theirs, sentAt, receivedAt: now() }, 0)
  }

  function clockRow(clock: ClockRow['clock'], reading: Parameters<Overheard['clock']>[0], stepMs: number): ClockRow {
    const sentMs = Date.parse(reading.sentAt)
    const receivedMs = Date.parse(reading.receivedAt)
    return {
      process,
      clock,
      aheadMs: Date.parse(reading.theirs) + stepMs / 2 - (sentMs + receivedMs) / 2,
      errorMs: stepMs / 2 + Math.max(0, receivedMs - sentMs) / 2,
      readAt: reading.receivedAt,
    }
  }

  function flush(): Promise<void> {
    flushing = flushing.then(save)
    return flushing
  }

  const timer = setInterval(() => void flush(), FLUSH_EVERY_MS).unref()
  return {
    latency(step, ms) {
      const minute = `${now().slice(0, 16)}:00.000Z`
      count({ minute, step, bucket: latencyBucketOf(ms), count: 1 })
      for (const listener of listeners) listener(step, ms)
    },
    onLatency: (listener) => void listeners.push(listener),
    quota(installationId, quota: GitHubQuota) {
      quotas.set(`${String(installationId).padStart(16)} ${quota.resource}`, {
        installationId,
        ...quota,
        readAt: now(),
      })
    },
    clock(reading) {
      githubClock = clockRow('github', reading, GITHUB_CLOCK_STEP_MS)
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** In the order of the keys, in which all processes lock their rows. */
function sorted<Row>(rows: ReadonlyMap<string, Row>): readonly Row[] {
  return [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
