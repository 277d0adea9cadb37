import { hostname } from 'node:os'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { loadLoops } from '../store/loops.ts'
import { listRegisteredLoops, type RegisteredLoop } from './loop-registry.ts'

/** The loops as `/healthz` shows them. Errors are left out: they may name repositories, and `/healthz` is public. */
export type LoopsHealth = {
  readonly degraded: readonly string[]
  readonly loops: readonly {
    readonly id: string
    readonly state: RegisteredLoop['state']
    readonly status: string
    readonly beatAt: Instant | null
    readonly progressAt: Instant | null
  }[]
}

/** Loads the state of every loop in the database, with a sentence for each that does not work. */
export async function loadLoopsHealth(o: { database: Database; now: () => Instant }): Promise<LoopsHealth> {
  const rows = await loadLoops(o.database)
  const loops = await listRegisteredLoops({ rows, files: [], now: o.now(), host: hostname() })
  const degraded = loops.flatMap((loop) => whyNotHealthy(loop) ?? [])
  if (!loops.some(({ state }) => state === 'alive')) degraded.unshift('no worker is alive: nothing is sent to GitHub')
  return {
    degraded,
    loops: loops.map(({ id, state, heartbeat }) => ({
      id,
      state,
      status: heartbeat?.status ?? 'unknown',
      beatAt: heartbeat?.beatAt ?? null,
      progressAt: heartbeat?.progressAt ?? null,
    })),
  }
}

/** What is wrong with a loop, in one sentence; null when nothing is. */
export function whyNotHealthy({ id, state, reason, heartbeat, isProgressing }: RegisteredLoop): string | null {
  if (state !== 'alive') return `${id} is ${state}: ${reason}`
  if (isProgressing) return null
  const { inFlightSince = null, progressAt = null } = heartbeat ?? {}
  const last =
    progressAt === null ? 'no iteration has succeeded yet' : `the last iteration that succeeded ended at ${progressAt}`
  const words = inFlightSince === null ? last : `one iteration has been running since ${inFlightSince}`
  return `${id} is alive and makes no progress: ${words}`
}
