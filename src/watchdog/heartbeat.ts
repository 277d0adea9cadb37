// A heartbeat is what a loop last said of itself, in a row and in a file. It is evidence, not truth: whoever reads one
// judges it, and whatever cannot be believed is never called alive, nor is a signal sent on its word.

import type { Instant } from '../pipeline/model/time.ts'
import { type Identity, identify } from '../process/process-identity.ts'
import type { LoopRow } from '../store/loops.ts'
import type { LoopState } from './loop.ts'

/** What a loop says of itself. One process is one loop to its operator, however many steps it takes turns at. */
export type Heartbeat = Omit<LoopRow, 'stopAskedAt'>

/** Who beats. */
export type Self = Pick<Heartbeat, 'role' | 'host' | 'pid' | 'startedAtTicks'>

/** Who judges: when, and on which machine. */
export type Observer = { readonly now: Instant; readonly host: string; readonly identify?: typeof identify }

/**
 * - `alive`: it beat within the last minute.
 * - `stale`: it has not.
 * - `gone`: its process is not there any more, or its pid is somebody else's.
 * - `doubtful`: what it says cannot be believed.
 */
export type Verdict = {
  readonly state: 'alive' | 'stale' | 'gone' | 'doubtful'
  /** Only of a process on this machine whose start is the one it noted. */
  readonly isProven: boolean
  readonly reason: string
}

/** Four beats may be lost before a loop is stale. */
export const BEAT_EVERY_MS = 15_000
const STALE_AFTER_MS = 60_000
/** An iteration in hand for longer, or none that ended well for as long, is no progress. */
const PROGRESS_WITHIN_MS = 120_000
/** Two machines' clocks may differ that much. */
const SKEW_MS = 5_000

const LONGEST_ERROR = 300

/** The heartbeat of a process over its loops: it has progressed as far as the slowest of them. */
export function heartbeatOf(self: Self, loops: readonly LoopState[], at: Instant, isStopping: boolean): Heartbeat {
  const inFlightSince = earliest(loops.flatMap((loop) => loop.inFlightSince ?? []))
  const progress = loops.flatMap((loop) => loop.progressAt ?? [])
  return {
    ...self,
    id: idOf(self),
    status: isStopping ? 'stopping' : inFlightSince === null ? 'idle' : 'running',
    iteration: loops.reduce((sum, loop) => sum + loop.iteration, 0),
    beatAt: at,
    progressAt: progress.length < loops.length ? null : earliest(progress),
    inFlightSince,
    lastError: lastErrorOf(loops),
  }
}

/** What names a loop everywhere: `worker-myhost-4711`. */
export function idOf({ role, host, pid }: Pick<Self, 'role' | 'host' | 'pid'>): string {
  return `${role}-${host}-${pid}`
}

/** Judges a heartbeat that is well formed. A row may come from another machine; a file is always of this one. */
export async function judge(heartbeat: Heartbeat, o: Observer & { from: 'row' | 'file' }): Promise<Verdict> {
  const { host, pid, startedAtTicks, beatAt } = heartbeat
  const isHere = host === o.host
  const identity = isHere ? await (o.identify ?? identify)(pid, startedAtTicks) : 'untold'
  const isProven = isHere && identity === 'same'
  const age = Date.parse(o.now) - Date.parse(beatAt)
  if (!isHere && o.from === 'file') {
    return { state: 'doubtful', isProven, reason: `its file was written on ${host}, which is not this machine` }
  }
  if (!(age >= -SKEW_MS))
    return { state: 'doubtful', isProven, reason: `its last beat lies in the future, at ${beatAt}` }
  if (age > STALE_AFTER_MS) {
    return { state: 'stale', isProven, reason: `its last beat was at ${beatAt}${BY_NOW[identity](pid)}` }
  }
  if (identity === 'gone') return { state: 'gone', isProven, reason: `process ${pid} has ended without a word` }
  if (identity === 'other') return { state: 'gone', isProven, reason: `process ${pid} is another one by now` }
  return { state: 'alive', isProven, reason: '' }
}

const BY_NOW: Record<Identity, (pid: number) => string> = {
  same: (pid) => `, though process ${pid} is still there`,
  other: (pid) => `, and process ${pid} is another one by now`,
  gone: (pid) => `, and process ${pid} has ended`,
  untold: () => '',
}

/** Whether a loop that is alive gets anything done: a beat proves no progress. */
export function isProgressing({ inFlightSince, progressAt, lastError }: Heartbeat, now: Instant): boolean {
  const recent = (at: Instant) => Math.abs(Date.parse(now) - Date.parse(at)) <= PROGRESS_WITHIN_MS
  if (inFlightSince !== null && !recent(inFlightSince)) return false
  return progressAt === null ? lastError === null : recent(progressAt)
}

/** What is wrong with a value that claims to be a heartbeat; null when it is one. */
export function flawOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object'
  const told = value as Readonly<Record<string, unknown>>
  const flawed = (Object.keys(SHAPE) as (keyof Heartbeat)[]).find((field) => !SHAPE[field](told[field]))
  if (flawed !== undefined) return `its "${flawed}" is missing or wrong`
  const heartbeat = told as Heartbeat
  return heartbeat.id === idOf(heartbeat) ? null : 'its id belongs to another loop'
}

type Check = (value: unknown) => boolean

const isName: Check = (value) => typeof value === 'string' && value.length > 0 && value.length <= 300
const isMoment: Check = (value) => typeof value === 'string' && MOMENT.test(value) && Number.isFinite(Date.parse(value))
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const LARGEST_PID = 2 ** 31 - 1

const SHAPE: Readonly<Record<keyof Heartbeat, Check>> = {
  id: isName,
  role: isName,
  host: isName,
  // A signal to 0 or below reaches a group of processes.
  pid: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= LARGEST_PID,
  startedAtTicks: orNull((value) => typeof value === 'string' && /^\d+$/.test(value)),
  status: (value) => value === 'running' || value === 'idle' || value === 'stopping',
  iteration: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  beatAt: isMoment,
  progressAt: orNull(isMoment),
  inFlightSince: orNull(isMoment),
  lastError: orNull((value) => typeof value === 'string'),
}

function earliest(moments: readonly Instant[]): Instant | null {
  return moments.toSorted()[0] ?? null
}

function lastErrorOf(loops: readonly LoopState[]): string | null {
  const [last] = loops
    .flatMap(({ name, lastError }) => (lastError === null ? [] : { name, ...lastError }))
    .toSorted((a, b) => b.at.localeCompare(a.at))
  if (last === undefined) return null
  return `${last.name} at ${last.at}: ${last.message}`.replaceAll(/\p{Cc}+/gu, ' ').slice(0, LONGEST_ERROR)
}
