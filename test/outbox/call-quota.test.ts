import { expect, test } from 'vitest'
import { openCallQuota } from '../../src/outbox/call-quota.ts'
import { manualClock } from '../support/manual-clock.ts'

test('an hour of calls as fast as they are allowed is less than what GitHub allows', () => {
  const clock = manualClock('2026-11-20T08:00:00.000Z')
  const quota = openCallQuota(clock.now)
  let calls = 0
  for (let second = 0; second < 3_600; second += 1) {
    while (!quota.isSpent(1)) {
      quota.count(1)
      calls += 1
    }
    clock.advance(1)
  }
  expect(calls).toBeLessThanOrEqual(3_900)
  expect(calls).toBeGreaterThan(3_800)
})

test('one installation spends nothing of another’s', () => {
  const quota = openCallQuota(manualClock('2026-11-20T08:00:00.000Z').now)
  for (let call = 0; call < 1_500; call += 1) quota.count(1)
  expect([quota.isSpent(1), quota.isSpent(2)]).toEqual([true, false])
})
