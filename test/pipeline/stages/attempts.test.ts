// How a dispatched line continues. Each test is a row of the second transition table in docs/reference/transitions.md.
import { describe, expect, test } from 'vitest'
import { mayDispatch } from '../../../src/outbox/recheck-dispatch.ts'
import { stageReadyForAdmission } from '../../../src/pipeline/stages/attempt-events.ts'
import { countLiveAttempts } from '../../../src/pipeline/stages/attempts.ts'
import { headlineInWords } from '../../support/in-words.ts'
import { minutesAfterNine, runChanged } from '../../support/pipeline-fixtures.ts'
import {
  admissionDenied,
  attemptKeyOf,
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  dispatchResult,
  lineWith,
  secondsAfterNine,
  startedPipeline,
  startPermission,
} from '../../support/pipeline-harness.ts'
import { refusal } from '../../support/reasons.ts'

describe('one stage', () => {
  test('an admitted attempt is dispatched once', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))
    expect(key).toBe('42/plan/1-k3v9x')
    expect(line.effects().filter(({ type }) => type === 'dispatch')).toEqual([
      {
        type: 'dispatch',
        key: 'dispatch/42/plan/1-k3v9x',
        issueNumber: 42,
        stage: 'plan',
        attempt: 1,
        attemptKey: '42/plan/1-k3v9x',
        workflow: 'plan.yml',
        ref: 'main',
      },
    ])
    expect(line.stage('plan')).toMatchObject({ status: 'queued', reason: 'attempt 1 of 3 is being started' })
    expect(line.admit(minutesAfterNine(2))).toBeNull()
    expect(countLiveAttempts(line.pipeline)).toBe(1)
  })

  test('an attempt that no stage waits for is not admitted', () => {
    const line = startedPipeline()
    line.admit(minutesAfterNine(1))
    const before = line.pipeline
    const again = { type: 'attempt.admitted', stage: 'plan', attempt: 2, key: attemptKeyOf('plan', 2) } as const
    line.apply({
      ...again,
      issueNumber: 42,
      at: minutesAfterNine(2),
      evidence: startPermission().evidence,
      repository: startPermission().repository,
    })
    expect(line.pipeline).toBe(before)
  })

  test("the run in GitHub's answer to the dispatch belongs to the attempt, whatever its title", () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(dispatchConfirmed(key, 100, minutesAfterNine(1)))
    expect(line.stage('plan')).toMatchObject({ status: 'queued', reason: 'attempt 1 of 3 waits for a runner' })
    line.apply(dispatchedRunChanged(key, 100, { title: 'Plan', at: minutesAfterNine(2) }))
    expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3 runs' })
  })

  test('a run that echoes a key we issued belongs to the attempt, even before the answer', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(dispatchedRunChanged(key, 100))
    expect(line.attempt(key)).toMatchObject({ number: 1, control: { runId: 100 }, run: { id: 100 } })
    expect(mayDispatch(line.pipeline, key)).toBe(false)
    line.apply(dispatchConfirmed(key, 100, minutesAfterNine(3)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 runs')
  })

  test.each([
    ['a key that was never issued', { title: 'andon 42/plan/1-zzzzz' }],
    ['a longer key', { title: 'andon 42/plan/1-k3v9x2' }],
    ['the key in another workflow', { workflow: 'code.yml' }],
    ['the key on another branch', { branch: 'octocat:main' }],
  ])('%s binds no run', (_, known) => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(dispatchedRunChanged(key, 100, known))
    expect(line.attempt(key)).toMatchObject({ run: null, control: { runId: null } })
    expect(line.statuses()).toBe('queued idle idle idle')
  })

  test('of two runs with one key the older is adopted and the younger is cancelled, in any order', () => {
    for (const ids of [
      [100, 101],
      [101, 100],
    ]) {
      const line = startedPipeline()
      const key = line.admit(minutesAfterNine(1))!
      line.apply(...ids.map((id) => dispatchedRunChanged(key, id)))
      expect(line.attempt(key)).toMatchObject({
        run: { id: 100 },
        control: { runId: 100, duplicateRuns: [{ runId: 101 }] },
      })
      expect(line.effectKeys('cancel')).toEqual(['cancel/101'])
    }
  })

  test('a stage that is done queues the next', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100)
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 succeeded')
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(5))).toMatchObject({ stage: 'code', attempt: 1 })
  })

  test('after the last dispatched stage the pipeline waits for a pull request', () => {
    const line = startedPipeline()
    for (const id of [100, 101, 102]) line.completeAttempt(minutesAfterNine(id - 99), id)
    expect(line.statuses()).toBe('done done done idle')
    expect(headlineInWords(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: 'test has ended; waits for a pull request',
    })
  })

  test('a stage without a free slot says what it waits for', () => {
    const line = startedPipeline().apply(admissionDenied({ kind: 'running', count: 4, limit: 4 }, minutesAfterNine(2)))
    expect(line.stage('plan').reason).toBe('waiting: 4 of 4 running; then attempt 1 of 3')
    line.apply(
      admissionDenied(
        { kind: 'starts-per-day', count: 50, limit: 50 },
        minutesAfterNine(3),
        '2026-11-22T00:00:00.000Z',
      ),
    )
    expect(line.stage('plan')).toMatchObject({
      reason: 'waiting: 50 of 50 started today; then attempt 1 of 3',
      waiting: { until: '2026-11-22T00:00:00.000Z' },
    })
    line.admit(minutesAfterNine(4))
    expect(line.pipeline.denial).toBeUndefined()
  })

  test('a gate stops the pipeline until it is approved', () => {
    const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
    line.completeAttempt(minutesAfterNine(1), 100)
    expect(line.stage('plan')).toMatchObject({
      status: 'review',
      reason: 'attempt 1 of 3 succeeded; waits for an approval: /andon approve',
      waiting: { for: 'an approval', until: null },
    })
    expect(headlineInWords(line.pipeline).light).toBe('review')
    expect(line.admit(minutesAfterNine(9))).toBeNull()
    const given = commentCreated('/andon approve')
    line.apply(given, commandPermission(given))
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 succeeded, approved by @mara')
  })

  test('an observed stage is waited for', () => {
    const line = startedPipeline(lineWith({ code: { observe: true } }))
    line.completeAttempt(minutesAfterNine(1), 100)
    expect(headlineInWords(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: 'plan has ended; waits for code.yml to start a run',
    })
    line.apply(runChanged({ id: 101, conclusion: 'success' }))
    expect(line.statuses()).toBe('done done queued idle')
  })

  test('nothing is started beside a run that was started elsewhere', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100)
    line.apply(runChanged({ id: 101, at: minutesAfterNine(3), startedAt: minutesAfterNine(3) }))
    expect(line.stage('code')).toMatchObject({ status: 'running', reason: 'a run that Andon did not start runs' })
    expect(line.admit(minutesAfterNine(4))).toBeNull()
    line.apply(runChanged({ id: 101, at: minutesAfterNine(5), startedAt: minutesAfterNine(3), conclusion: 'success' }))
    expect(line.statuses()).toBe('done done queued idle')
  })
})

describe('failing', () => {
  test('a failed attempt is retried after a backoff that the board shows', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    const { reason, waiting, retryAt } = line.stage('plan')
    expect(reason).toMatch(/^attempt 2 of 3 starts at 09:01:2\d UTC \(attempt 1 of 3 failed\)$/)
    expect(waiting).toEqual({ for: 'a pause before the retry', until: retryAt })
    expect(stageReadyForAdmission(line.pipeline, secondsAfterNine(80))).toBeNull()
    expect(line.admit(retryAt!)).toBe(attemptKeyOf('plan', 2))
  })

  test('a refused dispatch fails the stage and spends no attempt', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(dispatchResult(key, { state: 'refused', reason: refusal('no such input') }, minutesAfterNine(1)))
    expect(line.stage('plan')).toMatchObject({
      status: 'failed',
      reason:
        'attempt 1 of 3 was refused: GitHub refused to start plan.yml: no such input; then it starts by itself, or at /andon retry plan',
    })
    expect(countLiveAttempts(line.pipeline)).toBe(0)
  })

  test('a dispatch that must wait spends no attempt', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchResult(
        key,
        { state: 'waiting', until: minutesAfterNine(5), reason: { kind: 'rate-limited' } },
        minutesAfterNine(1),
      ),
    )
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: "attempt 1 of 3 is sent at 09:05:00 UTC (GitHub's rate limit is reached)",
      waiting: { until: minutesAfterNine(5) },
    })
    expect(mayDispatch(line.pipeline, key)).toBe(true)
    line.apply(
      dispatchConfirmed(key, 100, minutesAfterNine(5)),
      dispatchedRunChanged(key, 100, { at: minutesAfterNine(6), conclusion: 'success' }),
    )
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('after the last attempt the stage needs a person', () => {
    const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    expect(line.stage('plan')).toMatchObject({
      status: 'failed',
      reason: 'attempt 1 of 1 failed; a person is needed: /andon retry plan',
    })
    expect(headlineInWords(line.pipeline).light).toBe('failed')
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })
})
