import { expect, test } from 'vitest'
import { countUnansweredCalls } from '../../src/outbox/unanswered-calls.ts'

const ACME = 1
const OTHER = 2

test('one lost answer, or two, are no outage', () => {
  const calls = countUnansweredCalls()
  for (const isAnswered of [false, false, true, false, false]) calls.record(ACME, isAnswered)
  expect([calls.takeRest(ACME), calls.isSuspect(ACME)]).toEqual([null, false])
})

test('an installation that does not answer rests longer each time, at most a minute, and no other rests', () => {
  const calls = countUnansweredCalls()
  calls.record(ACME, false)
  calls.record(ACME, false)
  const rests = Array.from({ length: 7 }, () => {
    calls.record(ACME, false)
    return [calls.takeRest(ACME), calls.takeRest(ACME)]
  })
  expect(rests.map(([first]) => first)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000])
  expect(new Set(rests.map(([, second]) => second))).toEqual(new Set([null]))
  expect([calls.isSuspect(ACME), calls.isSuspect(OTHER), calls.takeRest(OTHER)]).toEqual([true, false, null])
})

test('one answer ends the suspicion, and a rest that was due is not taken', () => {
  const calls = countUnansweredCalls()
  for (let call = 0; call < 9; call += 1) calls.record(ACME, false)
  calls.record(ACME, true)
  expect([calls.takeRest(ACME), calls.isSuspect(ACME)]).toEqual([null, false])
})
