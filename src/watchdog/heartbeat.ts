// A heartbeat is what a loop last reported, in a row and in a file. It is evidence, not truth: a reader assesses it,
// and an untrusted heartbeat is never called alive, nor is a signal sent because of it.
import type { Instant } from '../pipeline/model/time.ts'
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.ts'
import type { LoopRow } from '../store/loops.ts'
import type { LoopState } from './loop.ts'

/** What a loop reports. One process is one loop to its operator, however many steps it runs. */
export type Heartbeat = Omit<LoopRow, 'stopRequestedAt'>

/** The process that beats. */
export type LoopProcess = Pick<Heartbeat, 'role' | 'host' | 'pid' | 'startedAtTicks'>

/** When and on which machine a heartbeat is assessed. */
export type HeartbeatObserver = {
  readonly now: Instant
  readonly host: string
  readonly identify?: typeof identifyProcess
}

/**
 * - `alive`: it beat within the last minute.
 * - `stale`: it did not.
 * - `gone`: its process has ended, or another process has its pid.
 * - `untrusted`: the heartbeat cannot be trusted.
 */
export type HeartbeatAssessment = {
  readonly state: 'alive' | 'stale' | 'gone' | 'untrusted'
  /** The process runs on this machine, with the start time that it noted. */
  readonly isProven: boolean
  readonly reason: string
}

/** Four beats may be lost before a loop is stale. */
export const BEAT_EVERY_MS = 15_000
const STALE_AFTER_MS = 60_000
/** A longer iteration, or none that succeeded for this long, is no progress. */
const MAX_PROGRESS_AGE_MS = 120_000
/** Clocks of two machines may differ by this much. */
const MAX_CLOCK_SKEW_MS = 5_000

const MAX_ERROR_LENGTH = 300

/** The heartbeat of a process over its loops: it has progressed as far as the slowest of them. */
export function heartbeatOf(
  self: LoopProcess,
  loops: readonly LoopState[],
  at: Instant,
  isStopping: boolean,
): Heartbeat {
  const inFlightSince = earliestOf(loops.flatMap((loop) => loop.inFlightSince ?? []))
  const progress = loops.flatMap((loop) => loop.progressAt ?? [])
  return {
    ...self,
    id: loopIdOf(self),
    status: isStopping ? 'stopping' : inFlightSince === null ? 'idle' : 'running',
    iteration: loops.reduce((sum, loop) => sum + loop.iteration, 0),
    beatAt: at,
    progressAt: progress.length < loops.length ? null : earliestOf(progress),
    inFlightSince,
    lastError: lastErrorOf(loops),
  }
}

/** The id of a loop: `worker-myhost-4711`. */
export function loopIdOf({ role, host, pid }: Pick<LoopProcess, 'role' | 'host' | 'pid'>): string {
  return `${role}-${host}-${pid}`
}

/** Assesses a well-formed heartbeat. A row may come from another machine; a file must come from this one. */
export async function assessHeartbeat(
  heartbeat: Heartbeat,
  o: HeartbeatObserver & { from: 'row' | 'file' },
): Promise<HeartbeatAssessment> {
  const { host, pid, startedAtTicks, beatAt } = heartbeat
  const isHere = host === o.host
  const identity = isHere ? await (o.identify ?? identifyProcess)(pid, startedAtTicks) : 'unknown'
  const isProven = isHere && identity === 'same'
  const age = Date.parse(o.now) - Date.parse(beatAt)
  if (!isHere && o.from === 'file') {
    return { state: 'untrusted', isProven, reason: `its file was written on ${host}, which is not this machine` }
  }
  if (!(age >= -MAX_CLOCK_SKEW_MS))
    return { state: 'untrusted', isProven, reason: `its last beat is in the future, at ${beatAt}` }
  if (age > STALE_AFTER_MS) {
    return { state: 'stale', isProven, reason: `its last beat was at ${beatAt}${PROCESS_REMARKS[identity](pid)}` }
  }
  if (identity === 'gone')
    return { state: 'gone', isProven, reason: `process ${pid} has ended without stopping in order` }
  if (identity === 'other') return { state: 'gone', isProven, reason: `its pid ${pid} now belongs to another process` }
  return { state: 'alive', isProven, reason: '' }
}

const PROCESS_REMARKS: Record<ProcessIdentity, (pid: number) => string> = {
  same: (pid) => `, though process ${pid} still exists`,
  other: (pid) => `, and its pid ${pid} now belongs to another process`,
  gone: (pid) => `, and process ${pid} has ended`,
  unknown: () => '',
}

/** Whether a live loop makes progress, which a beat does not prove. */
export function isProgressing({ inFlightSince, progressAt, lastError }: Heartbeat, now: Instant): boolean {
  const recent = (at: Instant) => Math.abs(Date.parse(now) - Date.parse(at)) <= MAX_PROGRESS_AGE_MS
  if (inFlightSince !== null && !recent(inFlightSince)) return false
  return progressAt === null ? lastError === null : recent(progressAt)
}

/** Why a value is not a heartbeat; null when it is one. */
export function whyNotHeartbeat(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object'
  const fields = value as Readonly<Record<string, unknown>>
  const flawed = (Object.keys(FIELD_CHECKS) as (keyof Heartbeat)[]).find((field) => !FIELD_CHECKS[field](fields[field]))
  if (flawed !== undefined) return `its "${flawed}" is missing or wrong`
  const heartbeat = fields as Heartbeat
  return heartbeat.id === loopIdOf(heartbeat) ? null : 'its id belongs to another loop'
}

type FieldCheck = (value: unknown) => boolean

const isName: FieldCheck = (value) => typeof value === 'string' && value.length > 0 && value.length <= 300
const isTimestamp: FieldCheck = (value) =>
  typeof value === 'string' && TIMESTAMP.test(value) && Number.isFinite(Date.parse(value))
const orNull =
  (check: FieldCheck): FieldCheck =>
  (value) =>
    value === null || check(value)
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const MAX_PID = 2 ** 31 - 1

const FIELD_CHECKS: Readonly<Record<keyof Heartbeat, FieldCheck>> = {
  id: isName,
  role: isName,
  host: isName,
  // A signal to a pid of 0 or below reaches a group of processes.
  pid: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_PID,
  startedAtTicks: orNull((value) => typeof value === 'string' && /^\d+$/.test(value)),
  status: (value) => value === 'running' || value === 'idle' || value === 'stopping',
  iteration: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  beatAt: isTimestamp,
  progressAt: orNull(isTimestamp),
  inFlightSince: orNull(isTimestamp),
  lastError: orNull((value) => typeof value === 'string'),
}

function earliestOf(moments: readonly Instant[]): Instant | null {
  return moments.toSorted()[0] ?? null
}

function lastErrorOf(loops: readonly LoopState[]): string | null {
  const [last] = loops
    .flatMap(({ name, lastError }) => (lastError === null ? [] : { name, ...lastError }))
    .toSorted((a, b) => b.at.localeCompare(a.at))
  if (last === undefined) return null
  return `${last.name} at ${last.at}: ${last.message}`.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MAX_ERROR_LENGTH)
}
