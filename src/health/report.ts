// What an operator is shown of Andon itself. Each part is what was read, or why it could not be read: so that "could not
// look" never looks like "nothing to do".
import type { Instant } from '../pipeline/model/time.ts'
import type { DeliveriesReading, HoldsReading, OutboxReading, QuotaReading } from '../store/machine.ts'
import type { ClockRow } from '../store/measurements.ts'
import type { ReconcileReport } from '../store/reconciles.ts'
import type { ListedAccessProblem } from '../store/shown-access-problems.ts'
import type { SweepReport } from '../store/sweep-report.ts'
import type { RegisteredLoop } from '../watchdog/loop-registry.ts'
import type { LatencySummary } from './latency-buckets.ts'

export type HealthPart<T> = { readonly value: T } | { readonly problem: string }

/** The names of the parts in a report. */
export type HealthPartName = {
  [Name in keyof HealthReport]: HealthReport[Name] extends HealthPart<unknown> ? Name : never
}[keyof HealthReport]

export type LatencyReading = { readonly commit: LatencySummary | null; readonly browser: LatencySummary | null }

export type DatabaseFacts = {
  readonly kind: 'postgres' | 'embedded'
  readonly location: string
  readonly version: string
  /** How long an answer took. */
  readonly answerMs: number
  readonly bytes: number
  readonly isReadOnly: boolean
  /** Whether a notification to itself arrives; null where none is needed. */
  readonly hearsItself: boolean | null
}

export type DiskFacts = { readonly directory: string; readonly freeBytes: number; readonly totalBytes: number }

export type HealthReport = {
  readonly asOf: Instant
  readonly process: string
  readonly build: string
  readonly startedAt: Instant
  readonly deliveries: HealthPart<DeliveriesReading>
  readonly loops: HealthPart<readonly RegisteredLoop[]>
  readonly clocks: HealthPart<readonly ClockRow[]>
  /** None before the log of GitHub was first read. */
  readonly sweeps: HealthPart<readonly SweepReport[]>
  readonly reconciles: HealthPart<ReconcileReport>
  readonly outbox: HealthPart<OutboxReading>
  readonly quotas: HealthPart<readonly QuotaReading[]>
  readonly holds: HealthPart<HoldsReading>
  readonly accessProblems: HealthPart<readonly ListedAccessProblem[]>
  readonly latencies: HealthPart<LatencyReading>
  readonly database: HealthPart<DatabaseFacts>
  readonly disk: HealthPart<DiskFacts>
}
