// What only operators are shown and may do.
import type { Measurements } from '../health/measurements.ts'
import type { HealthReport, LatencyReading } from '../health/report.ts'
import type { RepairName, RepairRow } from '../render/repairs.ts'

/** With what `/healthz` says, in the same words. */
export type OperatorHealth = HealthReport & { readonly degraded: readonly string[] }

/** Does them again, or takes them off the list for good; each resolves to how many. */
export type RepairList = {
  list(): Promise<readonly RepairRow[]>
  replay(ids: readonly number[]): Promise<number>
  drop(ids: readonly number[]): Promise<number>
}

export type RepairLists = Readonly<Record<RepairName, RepairList>>

/** Rejects with SignInRequired once the operator's session has ended. */
export type HealthReader = {
  read(): Promise<OperatorHealth>
  readonly repairs: RepairLists
}

export type OperatorParts = {
  readonly readHealth: () => Promise<HealthReport>
  readonly repairs: RepairLists
  /** Of the last hour, for the foot of the board; null when nobody knows. */
  readonly latencies: () => Promise<LatencyReading | null>
  readonly measurements: Pick<Measurements, 'latency' | 'onLatency'>
}
