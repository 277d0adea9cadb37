// How the two clocks of an attempt are shown, and when a wake-up is due. Each test is a row of the transition table in
// docs/reference/transitions.md.
import { expect, test } from 'vitest'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import { activityOf, deriveHealth } from '../../../src/pipeline/view/light.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { jobChanged, minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  dispatchResult,
  lineWith,
  reportReceived,
  startedPipeline,
  woken,
} from '../../support/pipeline-harness.ts'
import { KEY, RUN, reportingAttempt, silentAttempt, wakeUntilQuiet } from '../../support/quiet-attempts.ts'
import { KEY_NOT_ECHOED } from '../../support/reasons.ts'

test('three hours of beats without progress are a stall, and no reason to cancel', () => {
  const line = silentAttempt()
  for (let at = 2; at < 182; at++) line.apply(woken(minutesAfterNine(at), { [KEY]: minutesAfterNine(at) }))
  expect(activityOf(line.pipeline)).toEqual({ aliveAt: minutesAfterNine(181), progressAt: null })
  expect(deriveHealth(line.pipeline, minutesAfterNine(182))).toEqual({
    health: 'stalled',
    since: minutesAfterNine(32),
  })
  expect(needsYouAt(line.pipeline)).toBe(minutesAfterNine(32))
  expect(line.effectKeys('cancel')).toEqual([])
  line.apply(reportReceived(KEY, RUN, minutesAfterNine(182), { progress: 50, text: 'half of it' }))
  expect(deriveHealth(line.pipeline, minutesAfterNine(183))).toEqual({ health: 'ok', since: null })
  expect(activityOf(line.pipeline)).toEqual({ aliveAt: minutesAfterNine(182), progressAt: minutesAfterNine(182) })
  expect(line.stage('plan').reason).toBe('attempt 1 of 3 runs: 50 %, half of it')
})

test('alive and progress are two clocks of an attempt', () => {
  const line = reportingAttempt().apply(
    jobChanged({ runId: RUN, at: minutesAfterNine(4) }),
    woken(minutesAfterNine(9), { [KEY]: minutesAfterNine(9) }),
  )
  expect(activityOf(line.pipeline)).toEqual({ aliveAt: minutesAfterNine(9), progressAt: minutesAfterNine(5) })
})

test('a report about another run, or an unknown attempt, changes nothing', () => {
  const line = silentAttempt()
  const before = line.pipeline
  line.apply(
    reportReceived(KEY, 999, minutesAfterNine(5)),
    reportReceived(attemptKeyOf('plan', 2), RUN, minutesAfterNine(5)),
    woken(minutesAfterNine(5), { x: minutesAfterNine(5) }),
  )
  expect(line.pipeline).toBe(before)
})

test('an attempt that reports waiting for a person needs one at once', () => {
  const line = startedPipeline()
  line.admit(minutesAfterNine(1))
  line.apply(
    dispatchResult(KEY, { state: 'unconfirmed', reason: KEY_NOT_ECHOED, needsPerson: true }, minutesAfterNine(5)),
  )
  expect(needsYouAt(line.pipeline)).toBe(minutesAfterNine(5))
})

test('a pipeline asks to be woken at the end of a backoff', () => {
  const line = startedPipeline(lineWith())
  line.completeAttempt(minutesAfterNine(1), RUN, 'failure')
  const again = line.stage('plan').retryAt!
  expect(wakeAt(line.pipeline, minutesAfterNine(1))).toBe(again)
  expect(wakeAt(line.pipeline, again)).toBeNull()
})

test('a deadline that passed without a wake-up is still asked for', () => {
  const line = reportingAttempt()
  expect(wakeAt(line.pipeline, minutesAfterNine(300))).toBe(minutesAfterNine(12))
  wakeUntilQuiet(line, 30)
  expect(wakeAt(line.pipeline, minutesAfterNine(300))).toBe(minutesAfterNine(35))
})
