// The watched line allows 30 minutes of silence and 6 hours for a whole run; runs here start at minute 1.
import { expect, test } from 'vitest'
import { wakeAt } from '../../../src/pipeline/deadlines/wake-at.ts'
import { clocks, health, needsYouAt } from '../../../src/pipeline/view/health.ts'
import {
  issueGone,
  jobIs,
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runIs,
} from '../../support/pipeline-fixtures.ts'

const LIMIT = minute(1 + 6 * 60)
const silent = pipelineAfter(labelled(), runIs({ at: minute(2) }))
const moving = pipelineAfter(labelled(), runIs({ at: minute(2) }), jobIs({ at: minute(10) }))
const requested = pipelineAfter(labelled(), runIs({ at: minute(2), status: 'queued' }))
const waiting = pipelineAfter(labelled())

test('a run that is heard of is well', () => {
  expect(health(moving, minute(39))).toEqual({ health: 'ok', since: null })
  expect(health(silent, minute(31))).toEqual({ health: 'ok', since: null })
})

test('a run that moved and fell silent is stalled', () => {
  expect(health(moving, minute(40))).toEqual({ health: 'stalled', since: minute(40) })
})

test('a run that never showed progress is unknown, not stalled', () => {
  expect(health(silent, minute(40))).toEqual({ health: 'unknown', since: minute(32) })
})

test('a run that no runner takes is stalled', () => {
  expect(health(requested, minute(40))).toEqual({ health: 'stalled', since: minute(32) })
})

test('a run past its limit is stale, however busy', () => {
  const busy = pipelineAfter(labelled(), runIs(), jobIs({ at: minute(365) }))
  expect(health(busy, minute(366))).toEqual({ health: 'stale', since: LIMIT })
  expect(needsYouAt(busy)).toBe(LIMIT)
  expect(wakeAt(busy, LIMIT)).toBeNull()
  expect(health(silent, LIMIT)).toEqual({ health: 'stale', since: LIMIT })
})

test('a stage that waits for a run, a review or nothing has no health to lose', () => {
  for (const pipeline of [
    waiting,
    pipelineAfter(labelled(), pullRequestIs()),
    pipelineAfter(labelled(), runIs({ conclusion: 'failure' })),
  ])
    expect(health(pipeline, minute(9_999))).toEqual({ health: 'ok', since: null })
  expect(health(pipelineAfter(labelled(), runIs(), issueGone('deleted')), minute(9_999)).health).toBe('ok')
})

test('a person is needed once it waits for a review, has failed, or will have stalled', () => {
  expect(needsYouAt(pipelineAfter(labelled(), pullRequestIs()))).toBe(minute(5))
  expect(needsYouAt(pipelineAfter(labelled(), runIs({ at: minute(4), conclusion: 'failure' })))).toBe(minute(4))
  expect(needsYouAt(moving)).toBe(minute(40))
  expect(needsYouAt(requested)).toBe(minute(32))
})

test('nobody is needed for silence that means nothing, until the limit', () => {
  expect(needsYouAt(silent)).toBe(LIMIT)
})

test('nobody is needed while a stage waits for its first run, or once all is done', () => {
  expect(needsYouAt(waiting)).toBeNull()
  expect(needsYouAt(pipelineAfter(labelled(), pullRequestIs(), reviewed(), mayWrite('mara')))).toBeNull()
})

test('the clock is wanted at each moment at which something becomes wrong', () => {
  expect(wakeAt(moving, minute(10))).toBe(minute(40))
  expect(wakeAt(moving, minute(40))).toBe(LIMIT)
  expect(wakeAt(moving, LIMIT)).toBeNull()
  expect(wakeAt(waiting, minute(0))).toBeNull()
})

test('alive and progress are two clocks', () => {
  expect(clocks(silent)).toEqual({ aliveAt: minute(2), progressAt: null })
  expect(clocks(moving)).toEqual({ aliveAt: minute(10), progressAt: minute(10) })
  const heard = pipelineAfter(
    labelled(),
    jobIs({ at: minute(10) }),
    runIs({ at: minute(12) }),
    jobIs({ at: minute(10) }),
  )
  expect(clocks(heard)).toEqual({ aliveAt: minute(12), progressAt: minute(10) })
  expect(clocks(waiting)).toEqual({ aliveAt: null, progressAt: null })
})
