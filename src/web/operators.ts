// What only operators are shown and may do.
import type { Measurements } from '../health/measurements.ts'
import type { HealthReport, LatencyReading } from '../health/report.ts'

/** With what `/healthz` says, in the same words. */
export type OperatorHealth = HealthReport & { readonly degraded: readonly string[] }

export type DeliveryState = { readonly state: 'applied' | 'ignored' | 'failed'; readonly error: string | null }

/** Rejects with SignInRequired once the operator's session has ended. */
export type HealthReader = {
  read(): Promise<OperatorHealth>
  /** What has become of a delivery; null when there is none of that id. */
  deliveryState(id: number): Promise<DeliveryState | null>
}

export type OperatorParts = {
  readonly readHealth: () => Promise<HealthReport>
  readonly deliveryState: HealthReader['deliveryState']
  /** Applies a failed delivery again. */
  readonly replay: (id: number) => Promise<{ readonly state: DeliveryState['state'] | 'unknown' }>
  /** Of the last hour, for the foot of the board; null when nobody knows. */
  readonly latencies: () => Promise<LatencyReading | null>
  readonly measurements: Pick<Measurements, 'latency' | 'onLatency'>
}
