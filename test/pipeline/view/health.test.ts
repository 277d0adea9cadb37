// The observed line allows 30 minutes of silence and 6 hours for a whole run; runs here start at minute 1.
import { describe, expect, test } from 'vitest'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { healthAtWork, knownUntil } from '../../../src/pipeline/view/health.ts'
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
import { startedPipeline, woken } from '../../support/pipeline-harness.ts'
import { reportingAttempt, silentAttempt, stillInProgress, wakeUntilQuiet } from '../../support/quiet-attempts.ts'

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

describe('a light counts as known for a quarter of an hour after GitHub, or its run, has said anything:', () => {
  const unsent = startedPipeline()
  unsent.admit(minutesAfterNine(1))
  const until = (pipeline: Pipeline) => knownUntil(pipeline, minutesAfterNine(40))
  const cases: readonly (readonly [string, Pipeline, number | null])[] = [
    ['a run at work', moving, 10],
    ['a run that waits for a runner', requested, 2],
    [
      'a run that was read and is as it was',
      wakeUntilQuiet(silentAttempt(), 20).apply(stillInProgress(21)).pipeline,
      21,
    ],
    ['a run that has reported', reportingAttempt().pipeline, 5],
    ['a pull request in review', pipelineAfter(issueLabeled(), pullRequestChanged()), 5],
    ['what waits to begin', waiting, null],
    ['what waits for a slot', startedPipeline().pipeline, null],
    ['what has not been sent', unsent.pipeline, null],
    ['what failed', pipelineAfter(issueLabeled(), runChanged({ conclusion: 'failure' })), null],
    ['what is gone', pipelineAfter(issueLabeled(), runChanged(), issueGone('deleted')), null],
  ]

  test.each(cases)('%s', (_, pipeline, minute) => {
    expect(until(pipeline)).toBe(minute === null ? null : minutesAfterNine(minute + 15))
  })

  test('after that it is unknown since then, even if it was stalled or past its limit', () => {
    const shown = { until: minutesAfterNine(30) }
    expect(healthAtWork(moving, minutesAfterNine(29), shown)).toEqual({ stage: 'code', health: 'ok', since: null })
    const outdated = { stage: 'code', health: 'unknown', since: minutesAfterNine(15), isOutdated: true }
    for (const minute of [30, 45, 9_999])
      expect(healthAtWork(moving, minutesAfterNine(minute), shown)).toEqual(outdated)
  })

  test('a moment of GitHub that lies ahead counts as now', () => {
    expect(knownUntil(moving, minutesAfterNine(9))).toBe(minutesAfterNine(9 + 15))
  })
})
