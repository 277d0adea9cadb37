// The columns of what Andon's processes say of themselves and share, as TypeScript sees them.
import type { Instant } from '../pipeline/model/time.ts'

export type ProcessTables = {
  loops: {
    id: string
    host: string
    pid: number
    startedAtTicks: string | null
    role: string
    status: 'running' | 'idle' | 'stopping'
    iteration: number
    beatAt: Instant
    progressAt: Instant | null
    inFlightSince: Instant | null
    lastError: string | null
    stopRequestedAt: Instant | null
  }
  githubQuotas: {
    installationId: number
    resource: string
    allowed: number
    remaining: number
    resetsAt: Instant
    readAt: Instant
  }
  clockReadings: {
    process: string
    clock: 'github' | 'database'
    aheadMs: number
    errorMs: number
    readAt: Instant
  }
  latencies: {
    minute: Instant
    step: 'commit' | 'browser'
    bucket: number
    count: number
  }
  chores: {
    name: string
    dueAt: Instant
  }
}
