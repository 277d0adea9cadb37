// The cord of a line: what is held is not started, what runs goes on, and letting go continues where it stood.

import { describe, expect, test } from 'vitest'
import { activeHolds, heldStageNames, holdsAffectingStage } from '../../../src/pipeline/holds/holds.ts'
import { stageReadyForAdmission } from '../../../src/pipeline/stages/attempt-events.ts'
import { deriveHealth } from '../../../src/pipeline/view/light.ts'
import { describeHold } from '../../../src/render/hold-text.ts'
import { GLOBAL_HOLD, REPOSITORY_HOLD, runHoldCommand } from '../../support/hold-commands.ts'
import { entryInWords } from '../../support/in-words.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  admissionDenied,
  attemptKeyOf,
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  dispatchResult,
  lineWith,
  type PipelineHarness,
  secondsAfterNine,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

function waits(line: PipelineHarness): string | null {
  return stageReadyForAdmission(line.pipeline, minutesAfterNine(600))?.stage ?? null
}

describe('nothing starts while it is held', () => {
  test.each([
    ['this issue', '/andon hold the key is being changed', '/andon resume', 'held by @mara since 2026-11-21 09:20 UTC'],
    [
      'its stage',
      '/andon hold plan the key is being changed',
      '/andon resume plan',
      'plan is held by @mara since 2026-11-21 09:20 UTC',
    ],
  ])('a stage is given no slot while %s is held, and its old place afterwards', (_, hold, resume, words) => {
    const line = startedPipeline()
    const queuedAt = line.stage('plan').queuedAt
    expect(waits(line)).toBe('plan')
    runHoldCommand(line, hold)
    expect(waits(line)).toBeNull()
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: `${words}: the key is being changed; then attempt 1 of 3`,
      waiting: { for: 'a person to resume it', until: null },
    })
    expect(line.admit(minutesAfterNine(21))).toBeNull()
    runHoldCommand(line, resume, minutesAfterNine(30))
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(30))).toEqual({ stage: 'plan', attempt: 1, queuedAt })
    expect(line.admit(minutesAfterNine(31))).toBe(attemptKeyOf('plan', 1))
  })

  test('what runs goes on while its line is held, and what would follow waits', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchConfirmed(key, 100, minutesAfterNine(1)),
      dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
    )
    runHoldCommand(line, '/andon hold look at this first')
    expect(line.stage('plan').status).toBe('running')
    expect(line.effectKeys('cancel')).toEqual([])
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(40), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('code').reason).toBe(
      'held by @mara since 2026-11-21 09:20 UTC: look at this first; then attempt 1 of 3',
    )
    expect(waits(line)).toBeNull()
  })

  test('a stage is held while the others go on', () => {
    const line = startedPipeline()
    runHoldCommand(line, '/andon hold test the runner is being moved')
    expect(heldStageNames(line.pipeline)).toEqual(['test'])
    line.completeAttempt(minutesAfterNine(21), 100)
    line.completeAttempt(minutesAfterNine(22), 101)
    expect(line.statuses()).toBe('done done queued idle')
    expect(waits(line)).toBeNull()
    runHoldCommand(line, '/andon resume test', minutesAfterNine(30))
    expect(waits(line)).toBe('test')
  })

  test('a stage that rests before its next try is tried when both the rest and the hold are over', () => {
    const line = startedPipeline()
    line.completeAttempt(secondsAfterNine(60), 100, 'failure')
    const { retryAt } = line.stage('plan')
    runHoldCommand(line, '/andon hold wait', minutesAfterNine(2))
    runHoldCommand(line, '/andon resume', minutesAfterNine(60))
    expect(line.stage('plan').retryAt).toBe(retryAt)
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(60))).toMatchObject({ stage: 'plan', attempt: 2 })
  })

  test('an attempt that was admitted and is not sent yet waits with words, is not called stalled, and keeps its number', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchResult(
        key,
        { state: 'waiting', until: null, reason: { kind: 'write-budget-spent' } },
        minutesAfterNine(1),
      ),
    )
    runHoldCommand(line, '/andon hold wait', minutesAfterNine(2))
    expect(line.stage('plan').reason).toBe('held by @mara since 2026-11-21 09:02 UTC: wait; then attempt 1 of 3')
    expect(deriveHealth(line.pipeline, minutesAfterNine(500)).health).toBe('ok')
    runHoldCommand(line, '/andon resume', minutesAfterNine(600))
    line.apply(dispatchConfirmed(key, 100, minutesAfterNine(600)))
    expect(deriveHealth(line.pipeline, minutesAfterNine(601)).health).toBe('ok')
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(601), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('an attempt that is not sent because of a hold around the line is not called stalled', () => {
    const line = startedPipeline()
    line.apply(
      dispatchResult(
        line.admit(minutesAfterNine(1))!,
        { state: 'waiting', until: null, reason: { kind: 'write-budget-spent' } },
        minutesAfterNine(1),
      ),
    )
    const holds = activeHolds(line.pipeline, { repository: REPOSITORY_HOLD, everything: null })
    expect(deriveHealth(line.pipeline, minutesAfterNine(500), holds).health).toBe('ok')
    expect(deriveHealth(line.pipeline, minutesAfterNine(500)).health).toBe('stale')
  })

  test('what was denied before a hold is asked for anew after it', () => {
    const line = startedPipeline().apply(admissionDenied({ kind: 'running', count: 4, limit: 4 }, minutesAfterNine(3)))
    runHoldCommand(line, '/andon hold wait')
    expect(line.pipeline.denial).toBeUndefined()
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('orders are obeyed while it is held, and start nothing', () => {
    const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    runHoldCommand(line, '/andon hold wait')
    runHoldCommand(line, '/andon retry plan', minutesAfterNine(21))
    expect(line.stage('plan').reason).toBe('held by @mara since 2026-11-21 09:20 UTC: wait; then attempt 2 of 2')
    expect(waits(line)).toBeNull()
    runHoldCommand(line, '/andon cancel plan', minutesAfterNine(22))
    runHoldCommand(line, '/andon resume', minutesAfterNine(23))
    expect(line.stage('plan').status).toBe('cancelled')
  })
})

describe('the last word', () => {
  test('a word that comes late changes nothing', () => {
    const line = startedPipeline()
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    expect(runHoldCommand(line, '/andon hold too late', minutesAfterNine(20))).toBe(
      'impossible: this issue was resumed by @mara after that was written',
    )
    expect(waits(line)).toBe('plan')
  })

  test('of two words of the same second the comment that was written later stands', () => {
    const line = startedPipeline()
    const [hold, resume] = [
      commentCreated('/andon hold wait', { commentId: 1 }),
      commentCreated('/andon resume', { commentId: 2 }),
    ]
    line.apply(commandPermission(resume), commandPermission(hold))
    expect(waits(line)).toBe('plan')
  })

  test('an answer that comes twice changes nothing', () => {
    const line = startedPipeline()
    const given = commentCreated('/andon hold wait', { commentId: 1 })
    line.apply(commandPermission(given))
    const before = line.pipeline
    expect(line.apply(commandPermission(given)).pipeline).toBe(before)
    expect(line.entries.filter(({ type }) => type.startsWith('hold.'))).toHaveLength(1)
  })

  test('whoever may not write says nothing', () => {
    const line = startedPipeline()
    const given = commentCreated('/andon hold wait')
    line.apply(given, commandPermission(given, false))
    expect(line.pipeline.holdsAndReleases).toBeUndefined()
  })

  test('who pulled the cord and who let it go stands in the history', () => {
    const line = startedPipeline()
    runHoldCommand(line, '/andon hold look at this first')
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    runHoldCommand(line, '/andon resume', minutesAfterNine(31))
    const told = line.entries.filter(({ type }) => type.startsWith('hold.')).map(entryInWords)
    expect(told.map(({ type, actor, text }) => `${type} ${actor}: ${text}`)).toEqual([
      'hold.set mara: held by @mara since 2026-11-21 09:20 UTC: look at this first',
      'hold.released mara: this issue was resumed by @mara',
    ])
  })
})

test('the widest hold is told first, and a stage hears only of those over it', () => {
  const line = startedPipeline()
  runHoldCommand(line, '/andon hold test the runner is being moved')
  runHoldCommand(line, '/andon hold wait')
  const holds = activeHolds(line.pipeline, { repository: REPOSITORY_HOLD, everything: GLOBAL_HOLD })
  expect(holds.map(describeHold)).toEqual([
    'everything is held by root since 2026-11-21 09:10 UTC: GitHub is down',
    'the repository is held by @ada since 2026-11-21 09:10 UTC: release week',
    'held by @mara since 2026-11-21 09:20 UTC: wait',
    'test is held by @mara since 2026-11-21 09:20 UTC: the runner is being moved',
  ])
  expect(holdsAffectingStage(holds, 'code')).toHaveLength(3)
})
