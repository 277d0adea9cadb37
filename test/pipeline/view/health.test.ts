// The observed line allows 30 minutes of silence and 6 hours for a whole run; runs here start at minute 1.
import { expect, test } from 'vitest'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { activityOf, deriveHealth, headlineOf } from '../../../src/pipeline/view/light.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import {
  issueGone,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
} from '../../support/pipeline-fixtures.ts'
import { woken } from '../../support/pipeline-harness.ts'

const LIMIT = minutesAfterNine(1 + 6 * 60)
const silent = pipelineAfter(issueLabeled(), runChanged({ at: minutesAfterNine(2) }))
const moving = pipelineAfter(
  issueLabeled(),
  runChanged({ at: minutesAfterNine(2) }),
  jobChanged({ at: minutesAfterNine(10) }),
)
const requested = pipelineAfter(issueLabeled(), runChanged({ at: minutesAfterNine(2), status: 'queued' }))
const waiting = pipelineAfter(issueLabeled())

test('a run with recent news is ok', () => {
  expect(deriveHealth(moving, minutesAfterNine(39))).toEqual({ health: 'ok', since: null })
  expect(deriveHealth(silent, minutesAfterNine(31))).toEqual({ health: 'ok', since: null })
})

test('a run that progressed and then fell silent is stalled', () => {
  expect(deriveHealth(moving, minutesAfterNine(40))).toEqual({ health: 'stalled', since: minutesAfterNine(40) })
})

test('a run that never showed progress is unknown, not stalled', () => {
  expect(deriveHealth(silent, minutesAfterNine(40))).toEqual({ health: 'unknown', since: minutesAfterNine(32) })
})

test('a run that no runner picks up is stalled', () => {
  expect(deriveHealth(requested, minutesAfterNine(40))).toEqual({ health: 'stalled', since: minutesAfterNine(32) })
})

test('a run past its limit is stale, however busy', () => {
  const busy = pipelineAfter(issueLabeled(), runChanged(), jobChanged({ at: minutesAfterNine(365) }))
  expect(deriveHealth(busy, minutesAfterNine(366))).toEqual({ health: 'stale', since: LIMIT })
  expect(needsYouAt(busy)).toBe(LIMIT)
  expect(wakeAt(busy, minutesAfterNine(366))).toBe(minutesAfterNine(375))
  expect(deriveHealth(silent, LIMIT)).toEqual({ health: 'stale', since: LIMIT })
})

test('a stage without a live run has no health', () => {
  for (const pipeline of [
    waiting,
    pipelineAfter(issueLabeled(), pullRequestChanged()),
    pipelineAfter(issueLabeled(), runChanged({ conclusion: 'failure' })),
  ])
    expect(deriveHealth(pipeline, minutesAfterNine(9_999))).toEqual({ health: 'ok', since: null })
  expect(
    deriveHealth(pipelineAfter(issueLabeled(), runChanged(), issueGone('deleted')), minutesAfterNine(9_999)).health,
  ).toBe('ok')
})

test('a person is needed when a stage waits for a review, has failed, or stalls', () => {
  expect(needsYouAt(pipelineAfter(issueLabeled(), pullRequestChanged()))).toBe(minutesAfterNine(5))
  expect(
    needsYouAt(pipelineAfter(issueLabeled(), runChanged({ at: minutesAfterNine(4), conclusion: 'failure' }))),
  ).toBe(minutesAfterNine(4))
  expect(needsYouAt(moving)).toBe(minutesAfterNine(40))
  expect(needsYouAt(requested)).toBe(minutesAfterNine(32))
})

test('silence that means nothing needs a person too: nobody else can look', () => {
  expect(needsYouAt(silent)).toBe(minutesAfterNine(32))
})

test('behind a review, the health is that of the run that is still at work', () => {
  const testing = [issueLabeled(), pullRequestChanged(), runChanged({ at: minutesAfterNine(6), workflow: 'test.yml' })]
  const reviewed = pipelineAfter(...(testing as [(typeof testing)[0]]))
  expect(headlineOf(reviewed).light).toBe('review')
  expect(deriveHealth(reviewed, minutesAfterNine(40))).toEqual({ health: 'unknown', since: minutesAfterNine(36) })
  expect(needsYouAt(reviewed)).toBe(minutesAfterNine(36))
})

test('no person is needed when all stages are done', () => {
  expect(
    needsYouAt(pipelineAfter(issueLabeled(), pullRequestChanged(), reviewChanged(), reviewerPermission('mara'))),
  ).toBeNull()
})

test('a pipeline asks to be woken whenever its health would change, and to reconcile in between', () => {
  const asked = (at: number) => reduce(moving, woken(minutesAfterNine(at))).pipeline
  expect(wakeAt(moving, minutesAfterNine(10))).toBe(minutesAfterNine(20))
  expect(wakeAt(asked(35), minutesAfterNine(35))).toBe(minutesAfterNine(40))
  expect(wakeAt(asked(355), minutesAfterNine(355))).toBe(LIMIT)
  expect(wakeAt(asked(362), LIMIT)).toBe(minutesAfterNine(372))
  expect(wakeAt(waiting, minutesAfterNine(0))).toBe(minutesAfterNine(30))
  // Then a comment asks for a person.
  expect(wakeAt(waiting, minutesAfterNine(30))).toBe(minutesAfterNine(45))
  expect(wakeAt(waiting, minutesAfterNine(45))).toBeNull()
})

test('alive and progress are two clocks', () => {
  expect(activityOf(silent)).toEqual({ aliveAt: minutesAfterNine(2), progressAt: null })
  expect(activityOf(moving)).toEqual({ aliveAt: minutesAfterNine(10), progressAt: minutesAfterNine(10) })
  const pipeline = pipelineAfter(
    issueLabeled(),
    jobChanged({ at: minutesAfterNine(10) }),
    runChanged({ at: minutesAfterNine(12) }),
    jobChanged({ at: minutesAfterNine(10) }),
  )
  expect(activityOf(pipeline)).toEqual({ aliveAt: minutesAfterNine(12), progressAt: minutesAfterNine(10) })
  expect(activityOf(waiting)).toEqual({ aliveAt: null, progressAt: null })
})
