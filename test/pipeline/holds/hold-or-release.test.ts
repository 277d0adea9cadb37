// Holds: nothing held is started, what runs continues, and a release continues where the pipeline stopped.

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

describe('while something is held', () => {
  test.each([
    ['this issue', '/andon hold the key is being changed', '/andon resume', 'held by @mara since 2026-11-21 09:20 UTC'],
    [
      'its stage',
      '/andon hold plan the key is being changed',
      '/andon resume plan',
      'plan is held by @mara since 2026-11-21 09:20 UTC',
    ],
  ])('a stage gets no slot while %s is held, and keeps its place in the queue', (_, hold, resume, words) => {
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
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(30))).toEqual({
      stage: 'plan',
      workflow: 'plan.yml',
      attempt: 1,
      queuedAt,
    })
    expect(line.admit(minutesAfterNine(31))).toBe(attemptKeyOf('plan', 1))
  })

  test('a running stage continues while its pipeline is held, and the next one waits', () => {
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

  test('one stage can be held while the others continue', () => {
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

  test('a stage in backoff is retried when both the backoff and the hold are over', () => {
    const line = startedPipeline()
    line.completeAttempt(secondsAfterNine(60), 100, 'failure')
    const { retryAt } = line.stage('plan')
    runHoldCommand(line, '/andon hold wait', minutesAfterNine(2))
    runHoldCommand(line, '/andon resume', minutesAfterNine(60))
    expect(line.stage('plan').retryAt).toBe(retryAt)
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(60))).toMatchObject({ stage: 'plan', attempt: 2 })
  })

  test('an admitted attempt that is not sent yet says why it waits, does not stall, and keeps its number', () => {
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

  test('an attempt that an outer hold keeps from being sent does not stall', () => {
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

  test('a slot that was refused before a hold is requested again after it', () => {
    const line = startedPipeline().apply(admissionDenied({ kind: 'running', count: 4, limit: 4 }, minutesAfterNine(3)))
    runHoldCommand(line, '/andon hold wait')
    expect(line.pipeline.denial).toBeUndefined()
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('commands run, and start nothing', () => {
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

describe('the newest hold or release', () => {
  test('does not change when an older one arrives late', () => {
    const line = startedPipeline()
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    expect(runHoldCommand(line, '/andon hold too late', minutesAfterNine(20))).toBe(
      'impossible: this issue was resumed by @mara after that was written',
    )
    expect(waits(line)).toBe('plan')
  })

  test('is, within one second, that of the later comment', () => {
    const line = startedPipeline()
    const [hold, resume] = [
      commentCreated('/andon hold wait', { commentId: 1 }),
      commentCreated('/andon resume', { commentId: 2 }),
    ]
    line.apply(commandPermission(resume), commandPermission(hold))
    expect(waits(line)).toBe('plan')
  })

  test('does not change when an answer arrives twice', () => {
    const line = startedPipeline()
    const comment = commentCreated('/andon hold wait', { commentId: 1 })
    line.apply(commandPermission(comment))
    const before = line.pipeline
    expect(line.apply(commandPermission(comment)).pipeline).toBe(before)
    expect(line.entries.filter(({ type }) => type.startsWith('hold.'))).toHaveLength(1)
  })

  test('is never that of a sender without write permission', () => {
    const line = startedPipeline()
    const comment = commentCreated('/andon hold wait')
    line.apply(comment, commandPermission(comment, false))
    expect(line.pipeline.holdsAndReleases).toBeUndefined()
  })

  test('appears in the history with its sender', () => {
    const line = startedPipeline()
    runHoldCommand(line, '/andon hold look at this first')
    runHoldCommand(line, '/andon resume', minutesAfterNine(30))
    runHoldCommand(line, '/andon resume', minutesAfterNine(31))
    const entries = line.entries.filter(({ type }) => type.startsWith('hold.')).map(entryInWords)
    expect(entries.map(({ type, actor, text }) => `${type} ${actor}: ${text}`)).toEqual([
      'hold.set mara: held by @mara since 2026-11-21 09:20 UTC: look at this first',
      'hold.released mara: this issue was resumed by @mara',
    ])
  })
})

test('the widest hold comes first, and a stage shows only the holds that apply to it', () => {
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
