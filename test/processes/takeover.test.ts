// Living workers take over the claimed work of a dead one: its claims expire by themselves, and nothing else is needed.
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { waitUntil } from '../support/andon-process.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import type { CrashBoundary } from './support/crash-point.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

// At full count by the machine's clock: on a faster one, the time that a process takes to start would count too much.
const FACTOR = repetitions(10, 1)
const LONGEST_MS = 30_000
const CONFIGURATION = 'stages: { plan: { workflow: plan.yml } }'
const CRASH_POINTS: readonly CrashBoundary[] = [
  'after: a dispatch is claimed',
  'after: a pipeline is claimed',
  'after: a dispatch is sending',
  'after: a creation is intended',
  'after: comment',
]

let fleet: WorkerFleet
afterEach(() => fleet.close())

// The 30 s are what a claim has left, on the shared clock, when its worker dies; how long the rest took is only measured.
test('the claimed work of a dead worker is taken over within 30 s of its death', async () => {
  fleet = await openWorkerFleet({ factor: FACTOR, configuration: CONFIGURATION })
  const { github, repository, database } = fleet
  const diedAt = new Map<string, number>()
  for (const at of CRASH_POINTS.slice(0, repetitions(1, CRASH_POINTS.length))) {
    await github.openIssue(repository, { title: at, labels: ['andon'] })
    await github.openIssue(repository, { title: `${at}, again`, labels: ['andon'] })
    await github.whenIdle()
    const worker = await fleet.startWorker({ at, signal: 'SIGKILL' })
    expect(await worker.reachedCrashPoint(60_000)).toBe(true)
    const now = Date.parse(fleet.now())
    for (const { token, until } of await claims(database)) {
      if (diedAt.has(token)) continue
      diedAt.set(token, Date.now())
      expect(Date.parse(until) - now).toBeLessThanOrEqual(LONGEST_MS)
    }
    await worker.kill()
  }
  await fleet.startWorker()
  const seconds: number[] = []
  await waitUntil(
    'the living have everything',
    async () => {
      const left = new Set((await claims(database)).map(({ token }) => token))
      for (const [token, at] of diedAt) {
        if (left.has(token)) continue
        seconds.push(((Date.now() - at) / 1000) * FACTOR)
        diedAt.delete(token)
      }
      return diedAt.size === 0
    },
    { withinMs: 60_000 },
  )
  expect(seconds.length).toBeGreaterThanOrEqual(repetitions(1, CRASH_POINTS.length))
  const [least = 0, most = 0] = [Math.min(...seconds), Math.max(...seconds)].map((value) => Math.round(value * 10) / 10)
  recordMeasurements('takeover', { faults: seconds.length, stuck: 0, converge: most, 'soonest, s': least })
})

type Claim = { readonly token: string; readonly until: string }

/** The claims in force. */
async function claims({ kysely }: Database): Promise<readonly Claim[]> {
  const effects = await kysely.selectFrom('effects').select(['claimToken as token', 'claimedUntil as until']).execute()
  const pipelines = await kysely
    .selectFrom('pipelines')
    .select(['publishClaimToken as token', 'publishClaimedUntil as until'])
    .execute()
  return [...effects, ...pipelines].flatMap(({ token, until }) => (token && until ? [{ token, until }] : []))
}
