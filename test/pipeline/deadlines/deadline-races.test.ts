// A deadline races against the run's own completion: GitHub is asked first, and a finished run keeps its result.
import { expect, test } from 'vitest'
import { seededRandom } from '../../../fake-github/random.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import { randomSeed, recordMeasurements, repetitions } from '../../support/measurements.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  cancelResult,
  dispatchConfirmed,
  dispatchedRun,
  dispatchedRunChanged,
  lineWith,
  reportReceived,
  runAnswered,
  startedPipeline,
  woken,
} from '../../support/pipeline-harness.ts'
import { openSimulation } from '../../support/simulation.ts'

const RACES = repetitions(80, 1_000)
/** The short form tries each seventh order. */
const EVERY_NTH_ORDER = repetitions(7, 1)
const KEY = attemptKeyOf('plan', 1)

test('of runs that end near their deadline no finished one is cancelled, and no result is lost', () => {
  const line = lineWith({ plan: { attempts: 3, timeoutSeconds: 600, limitSeconds: 1_500 } })
  const counts = {
    finished: 0,
    'found by reading': 0,
    'cancelled while live': 0,
    'refused as finished': 0,
  }
  for (let seed = 1; seed <= RACES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const isAtLimit = chance.next() < 0.3
    const deadline = isAtLimit ? 1_500 : 660
    const isUndelivered = chance.next() < 0.2
    const first = {
      startsAfter: chance.next() * 20,
      ...(isAtLimit ? {} : { reportsAfter: 60 }),
      endsAfter: deadline + (chance.next() - 0.3) * 800,
      webhookAfter: isUndelivered ? null : chance.next() * 300,
      stopsOn: chance.pick(['cancel', 'cancel', 'cancel', 'force', isUndelivered ? 'force' : 'nothing'] as const),
    }
    const work = openSimulation(line, (nth) => (nth === 1 ? first : { endsAfter: 5 }), chance, 120)
    work.advanceHours(12)
    const { run, control } = work.harness.attempt(KEY)
    const truth = work.runOnGitHub(1)!
    expect(truth.status, `seed ${seed}`).toBe('completed')
    expect(work.counts.cancelsAfterCompletion, `seed ${seed}: cancelled after its end was told`).toBe(0)
    expect(work.counts.cancelsWithoutRead, `seed ${seed}: cancelled unread`).toBe(0)
    expect(work.counts.maxConcurrent, `seed ${seed}`).toBe(1)
    if (truth.conclusion === 'success') {
      counts.finished++
      expect(run?.conclusion, `seed ${seed}: the result is lost`).toBe('success')
      if (work.harness.stage('plan').attempts.length === 1) expect(work.harness.stage('plan').status).toBe('done')
      if (isUndelivered) counts['found by reading']++
      if (control?.cancel) counts['refused as finished'] += work.counts.cancelsOfCompleted > 0 ? 1 : 0
    } else counts['cancelled while live']++
    expect(work.harness.statuses(), `seed ${seed}`).toMatch(/^done /)
  }
  expect(counts.finished).toBeGreaterThan(RACES / 4)
  expect(counts['cancelled while live']).toBeGreaterThan(RACES / 10)
  recordMeasurements('deadline-races', { faults: RACES, lost: 0, wrong: 0, ...counts })
})

test("completion, answer, cancellation and wake-up end with the run's real result in every order", () => {
  // The run succeeded at minute 34: an answer from before that minute says that it is in progress.
  const done = dispatchedRunChanged(KEY, 100, { at: minutesAfterNine(34), conclusion: 'success' })
  const goesOn = runAnswered(100, dispatchedRun(KEY, 100, { at: minutesAfterNine(2) }), minutesAfterNine(36))
  const found = runAnswered(
    100,
    dispatchedRun(KEY, 100, { at: minutesAfterNine(34), conclusion: 'success' }),
    minutesAfterNine(36),
  )
  const events: Event[] = [
    done,
    goesOn,
    found,
    woken(minutesAfterNine(35)),
    woken(minutesAfterNine(42)),
    woken(minutesAfterNine(48)),
    cancelResult(KEY, 100, 'refused', minutesAfterNine(37)),
  ]
  let orders = 0
  let nth = 0
  for (const order of permutations(events)) {
    nth += 1
    if (nth % EVERY_NTH_ORDER !== 0) continue
    const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
    line.admit(minutesAfterNine(1))
    line.apply(
      dispatchConfirmed(KEY, 100, minutesAfterNine(1)),
      dispatchedRunChanged(KEY, 100, { at: minutesAfterNine(2) }),
      reportReceived(KEY, 100, minutesAfterNine(5)),
    )
    line.apply(...order)
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.attempt(KEY).run?.conclusion).toBe('success')
    orders++
  }
  recordMeasurements('deadline-orders', { orders, 'final results': 1 })
})

function* permutations<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length <= 1) {
    yield list
    return
  }
  for (const [index, first] of list.entries()) {
    for (const rest of permutations([...list.slice(0, index), ...list.slice(index + 1)])) yield [first, ...rest]
  }
}
