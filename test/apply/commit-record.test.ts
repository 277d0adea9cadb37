import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openCommitRecord } from '../../src/apply/commit-record.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const delivery = () => ({ beganAt: performance.now(), hasDelivery: true })
const event = () => ({ ...delivery(), hasDelivery: false })

test('what the last commit came to is fresh for half a second, and its problem known until another succeeds', () => {
  const record = openCommitRecord()
  expect([record.fresh(), record.problem()]).toEqual([undefined, null])
  record.note('full', delivery())
  vi.advanceTimersByTime(400)
  expect([record.fresh(), record.problem()]).toEqual(['full', 'full'])
  vi.advanceTimersByTime(200)
  expect([record.fresh(), record.problem()]).toEqual([undefined, 'full'])
  record.note(null, delivery())
  expect([record.fresh(), record.problem()]).toEqual([null, null])
})

test('what was long in coming says nothing about now', () => {
  const record = openCommitRecord()
  const outcomes: unknown[] = []
  const forget = record.onEach((problem, isFresh) => outcomes.push([problem, isFresh]))
  const early = delivery()
  vi.advanceTimersByTime(5_000)
  record.note('silent', early)
  expect([record.fresh(), record.problem()]).toEqual([undefined, 'silent'])
  record.note(null, early)
  expect([record.fresh(), record.problem()]).toEqual([undefined, null])
  record.note('full', delivery())
  forget()
  record.note(null, delivery())
  expect(outcomes).toEqual([
    ['silent', false],
    [null, false],
    ['full', true],
  ])
})

test('an event that is committed says nothing of deliveries after one was not, but that the problem may be over', () => {
  const record = openCommitRecord()
  record.note(null, event())
  expect(record.fresh()).toBeNull()
  record.note('full', delivery())
  record.note(null, event())
  expect([record.fresh(), record.problem(), record.isUncertain()]).toEqual(['full', null, true])
  record.note(null, delivery())
  expect([record.fresh(), record.isUncertain()]).toEqual([null, false])
})

test('after twenty rehearsals in a row that could be stored none is needed until a commit fails again', () => {
  const record = openCommitRecord()
  const rehearse = (times: number, problem: string | null) => {
    for (let count = 0; count < times; count++) record.noteRehearsal(problem)
    return record.isUncertain()
  }
  expect(rehearse(1, null)).toBe(false)
  record.note('full', delivery())
  expect([rehearse(19, null), rehearse(1, 'full'), rehearse(19, null)]).toEqual([true, true, true])
  expect([record.problem(), rehearse(1, null), record.problem()]).toEqual(['full', false, null])
  record.note('full', delivery())
  expect([record.problem(), rehearse(19, null), rehearse(1, null)]).toEqual(['full', true, false])
})
