// A deadline races against the run's own completion: GitHub is asked first, and whatever finished is taken.
import { expect, test } from 'vitest'
import type { Event } from '../../../src/pipeline/model/events.ts'
import { howMany, record, runSeed } from '../../support/measurements.ts'
import { minute } from '../../support/pipeline-fixtures.ts'
import {
  cancelIs,
  confirmed,
  keyFor,
  ownRun,
  ownRunIs,
  reported,
  runningLine,
  runRead,
  started,
  woken,
} from '../../support/pipeline-harness.ts'
import { seeded } from '../../support/seeded-random.ts'
import { shop } from '../../support/simulation.ts'

const RACES = howMany(80, 1_000)
const KEY = keyFor('plan', 1)

test('runs that end about their deadline: none that finished is cancelled, and no result is lost', () => {
  const line = runningLine({ plan: { attempts: 3, timeoutSeconds: 600, limitSeconds: 1_500 } })
  const counts = {
    finished: 0,
    'found by reading': 0,
    'cancelled while live': 0,
    'refused as finished': 0,
  }
  for (let seed = 1; seed <= RACES; seed++) {
    const chance = seeded(runSeed(seed))
    const isAtLimit = chance.next() < 0.3
    const deadline = isAtLimit ? 1_500 : 660
    const isUnheard = chance.next() < 0.2
    const first = {
      startsAfter: chance.next() * 20,
      ...(isAtLimit ? {} : { reportsAfter: 60 }),
      endsAfter: deadline + (chance.next() - 0.3) * 800,
      toldAfter: isUnheard ? null : chance.next() * 300,
      heeds: chance.pick(['cancel', 'cancel', 'cancel', 'force', isUnheard ? 'force' : 'nothing'] as const),
    }
    const work = shop(line, (nth) => (nth === 1 ? first : { endsAfter: 5 }), chance, 120)
    work.pass(12)
    const { run, ours } = work.floor.attempt(KEY)
    const truth = work.truth(1)!
    expect(truth.status, `seed ${seed}`).toBe('completed')
    expect(work.figures.decidedThoughTold, `seed ${seed}: cancelled after its end was told`).toBe(0)
    expect(work.figures.decidedUnread, `seed ${seed}: cancelled unread`).toBe(0)
    expect(work.figures.mostAtOnce, `seed ${seed}`).toBe(1)
    if (truth.conclusion === 'success') {
      counts.finished++
      expect(run?.conclusion, `seed ${seed}: the result is lost`).toBe('success')
      if (work.floor.stage('plan').attempts.length === 1) expect(work.floor.stage('plan').status).toBe('done')
      if (isUnheard) counts['found by reading']++
      if (ours?.cancel) counts['refused as finished'] += work.figures.refusedAsFinished > 0 ? 1 : 0
    } else counts['cancelled while live']++
    expect(work.floor.statuses(), `seed ${seed}`).toMatch(/^done /)
  }
  expect(counts.finished).toBeGreaterThan(RACES / 4)
  expect(counts['cancelled while live']).toBeGreaterThan(RACES / 10)
  record('deadline-races', { races: RACES, ...counts, 'finished runs cancelled': 0, 'results lost': 0 })
})

test('completion, reading, cancelling and the clock in every order end with the result that was', () => {
  // The run succeeded at minute 34: what is read or answered before that moment says that it goes on.
  const done = ownRunIs(KEY, 100, { at: minute(34), conclusion: 'success' })
  const goesOn = runRead(100, ownRun(KEY, 100, { at: minute(2) }), minute(36))
  const found = runRead(100, ownRun(KEY, 100, { at: minute(34), conclusion: 'success' }), minute(36))
  const told: Event[] = [
    done,
    goesOn,
    found,
    woken(minute(35)),
    woken(minute(42)),
    woken(minute(48)),
    cancelIs(KEY, 100, 'refused', minute(37)),
  ]
  let orders = 0
  for (const order of permutations(told)) {
    const line = started(runningLine({ plan: { attempts: 1 } }))
    line.admit(minute(1))
    line.tell(confirmed(KEY, 100, minute(1)), ownRunIs(KEY, 100, { at: minute(2) }), reported(KEY, 100, minute(5)))
    line.tell(...order)
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.attempt(KEY).run?.conclusion).toBe('success')
    orders++
  }
  record('deadline-orders', { orders, 'final results': 1 })
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
