// Probes for machines: `healthz` says whether the process lives and what is degraded, `readyz` whether it takes deliveries.
import type { Door } from '../apply/door.ts'
import type { Hub } from './hub.ts'
import type { BoardPage, Reader } from './reader.ts'
import { shareReading } from './shared-reading.ts'

/** The health of the rest of the process: loops, GitHub. Sentences in `degraded` are shown first. */
export type ProcessHealth = { readonly degraded?: readonly string[] } & Readonly<Record<string, unknown>>

/** Whatever hangs: who asks for the health waits no longer than a second. */
const HEALTH_TIMEOUT_MS = 800
const READINESS_TIMEOUT_MS = 2_000

/** What probes and metrics read. However many ask, they share a reading, and so leave the database to deliveries. */
export type ProbeReadings = {
  readonly board: () => Promise<BoardPage>
  readonly health: () => Promise<ProcessHealth>
  readonly whyNotReady: () => Promise<string | null>
}

export function openProbeReadings(o: {
  reader: Reader
  health: () => Promise<ProcessHealth>
  /** The door knows without a reading, while deliveries come. */
  door?: Pick<Door, 'whyClosed'> | undefined
  everyMs: number
}): ProbeReadings {
  const whyNotReady = shareReading(() => o.reader.whyNotReady(), o.everyMs)
  return {
    board: shareReading(() => o.reader.loadBoard({ limit: 1 }), o.everyMs),
    health: shareReading(o.health, o.everyMs),
    whyNotReady: () => o.door?.whyClosed(whyNotReady) ?? whyNotReady(),
  }
}

async function readNow({ board, health }: ProbeReadings) {
  const [page, rest] = await Promise.all([
    withProbeTimeout(board(), HEALTH_TIMEOUT_MS).catch(() => null),
    withProbeTimeout(health(), HEALTH_TIMEOUT_MS).catch(
      (): ProcessHealth => ({ degraded: ['the health of the loops could not be read'] }),
    ),
  ])
  return { board: page, rest, degraded: [...(rest.degraded ?? []), ...databaseProblems(page)] }
}

/** What is degraded, in a sentence each. Never rejects. */
export async function degradedNow(readings: ProbeReadings): Promise<readonly string[]> {
  return (await readNow(readings)).degraded
}

/** 200 while the process lives, whatever else is wrong. */
export async function healthz(o: { readings: ProbeReadings; hub: Hub; build: string }): Promise<object> {
  const { board, rest, degraded } = await readNow(o.readings)
  return {
    status: degraded.length === 0 ? 'ok' : 'degraded',
    ...rest,
    degraded,
    build: o.build,
    database: { reachable: board !== null },
    deliveries: board && { failed: board.failedDeliveries, lastAt: board.lastDeliveryAt },
    streams: o.hub.streamCount(),
  }
}

/** Whether this process can commit a delivery now, and if not, why. */
export async function readyz({ whyNotReady }: ProbeReadings): Promise<{ ready: boolean; reason: string | null }> {
  const reason = await withProbeTimeout(whyNotReady(), READINESS_TIMEOUT_MS).catch((error: Error) => error.message)
  return { ready: reason === null, reason }
}

function databaseProblems(board: BoardPage | null): readonly string[] {
  if (board === null) return ['the database cannot be read']
  const failed = board.failedDeliveries
  const access = new Set(board.accessNotices.map(({ withoutNames }) => withoutNames))
  return [
    ...access,
    ...(failed === 0 ? [] : [`${failed} ${failed === 1 ? 'delivery' : 'deliveries'} could not be applied`]),
  ]
}

/** Probes time out early: no answer in time is an answer. */
function withProbeTimeout<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(`the database did not answer within ${timeoutMs} ms`)), timeoutMs)
  reading.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
