// All orders of the deliveries about a run and its job, within one second. The 16! orders of two run_attempts are too
// many, so the test runs all 8! orders of each run_attempt and seeded interleavings of both.
import { expect, test } from 'vitest'
import { seededRandom } from '../../../fake-github/random.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { RunFact } from '../../../src/pipeline/model/facts.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { type InMemoryWorld, inMemoryWorld } from '../../support/in-memory-world.ts'
import { randomSeed, recordMeasurements, repetitions } from '../../support/measurements.ts'
import {
  deliveryEvidence,
  ISSUE,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  runChanged,
  stageStatuses,
} from '../../support/pipeline-fixtures.ts'

const AT = minutesAfterNine(1)
const INTERLEAVINGS = repetitions(300, 10_000)

test('all orders of a run and its job end in one state, for attempt 1', () => {
  expect(ordersOf(deliveriesOf(1, 'failure'), [])).toEqual({ orders: 40_320, stages: 'idle failed idle idle' })
}, 900_000)

test('all orders of a re-run and its job end in one state, for attempt 2', () => {
  const first = deliveriesOf(1, 'failure')
  expect(ordersOf(deliveriesOf(2, 'success'), first)).toEqual({ orders: 40_320, stages: 'idle done idle idle' })
}, 900_000)

test('both run_attempts with their deliveries interleaved end like the second one', () => {
  const both = [...deliveriesOf(1, 'failure'), ...deliveriesOf(2, 'success')]
  const expected = applyInOrder(both)
  expect(stageStatuses(expected).join(' ')).toBe('idle done idle idle')
  for (let seed = 1; seed <= INTERLEAVINGS; seed++)
    expect(applyInOrder(seededRandom(randomSeed(seed)).shuffle(both)), `seed ${seed}`).toEqual(expected)
  recordMeasurements('run-orders', { faults: INTERLEAVINGS, wrong: 0 })
}, 900_000)

function ordersOf(deliveries: readonly Event[], before: readonly Event[]) {
  const expected = applyInOrder([...before, ...deliveries])
  const known = new Map<string, number>()
  // Two orders with the same state and the same remaining deliveries continue alike: that part runs once.
  function ordersFrom(line: InMemoryWorld, left: readonly Event[]): number {
    const standing = JSON.stringify([left.map((event) => deliveries.indexOf(event)), line.serialize()])
    const before = known.get(standing)
    if (before !== undefined) return before
    if (left.length === 0) expect(line.pipelines.get(ISSUE)).toEqual(expected)
    let orders = left.length === 0 ? 1 : 0
    for (const [index, delivery] of left.entries()) {
      const next = line.clone()
      next.apply(delivery)
      orders += ordersFrom(next, left.toSpliced(index, 1))
    }
    known.set(standing, orders)
    return orders
  }
  const orders = ordersFrom(finalState(before), deliveries)
  recordMeasurements('run-orders', { faults: orders, wrong: 0 })
  return { orders, stages: stageStatuses(expected).join(' ') }
}

function deliveriesOf(runAttempt: number, conclusion: 'success' | 'failure'): readonly Event[] {
  const evidenceOf = (nth: number) => ({ evidence: deliveryEvidence(AT, `guid-${runAttempt}-${nth}`) })
  const run = (nth: number, known: Partial<RunFact>) =>
    runChanged({ at: AT, startedAt: AT, runAttempt, ...evidenceOf(nth), ...known })
  const job = { at: AT, runAttempt, id: 1000 + runAttempt, name: 'build' }
  return [
    run(1, { status: 'queued' }),
    run(2, { status: 'in_progress' }),
    run(3, { status: 'completed', conclusion }),
    jobChanged({ ...job, ...evidenceOf(4), status: 'queued' }),
    jobChanged({ ...job, ...evidenceOf(5), status: 'waiting' }),
    jobChanged({ ...job, ...evidenceOf(6), status: 'queued' }),
    jobChanged({ ...job, ...evidenceOf(7), status: 'in_progress', step: 'tests', stepsCompleted: 1, stepsTotal: 2 }),
    jobChanged({ ...job, ...evidenceOf(8), status: 'completed', conclusion, stepsCompleted: 2, stepsTotal: 2 }),
  ]
}

function applyInOrder(deliveries: readonly Event[]): Pipeline {
  return finalState(deliveries).pipelines.get(ISSUE)!
}

function finalState(deliveries: readonly Event[]): InMemoryWorld {
  const line = inMemoryWorld()
  line.apply(issueLabeled())
  for (const delivery of deliveries) line.apply(delivery)
  return line
}
