// How a line that Andon runs goes on. Each test is a row of the second transition table in docs/design.md.
import { describe, expect, test } from 'vitest'
import { liveAttempts, maySend } from '../../../src/pipeline/admission.ts'
import { awaitingAdmission } from '../../../src/pipeline/stages/ready-stage.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import { minute, runIs } from '../../support/pipeline-fixtures.ts'
import {
  allowed,
  comment,
  confirmed,
  denied,
  dispatchIs,
  keyFor,
  mayStart,
  ownRunIs,
  runningLine,
  second,
  started,
} from '../../support/pipeline-harness.ts'

describe('one stage', () => {
  test('an admitted attempt is dispatched once', () => {
    const line = started()
    const key = line.admit(minute(1))
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
    expect(line.admit(minute(2))).toBeNull()
    expect(liveAttempts(line.pipeline)).toBe(1)
  })

  test('an attempt that nobody waits for is not admitted', () => {
    const line = started()
    line.admit(minute(1))
    const before = line.pipeline
    const again = { type: 'attempt.admitted', stage: 'plan', attempt: 2, key: keyFor('plan', 2) } as const
    line.tell({
      ...again,
      issueNumber: 42,
      at: minute(2),
      evidence: mayStart().evidence,
      repository: mayStart().repository,
    })
    expect(line.pipeline).toBe(before)
  })

  test('the run that GitHub answered the dispatch with is the attempt, whatever its title', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(confirmed(key, 100, minute(1)))
    expect(line.stage('plan')).toMatchObject({ status: 'queued', reason: 'attempt 1 of 3 waits for a runner' })
    line.tell(ownRunIs(key, 100, { title: 'Plan', at: minute(2) }))
    expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3 runs' })
  })

  test('a run that echoes a key we issued is the attempt, also before the answer', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(ownRunIs(key, 100))
    expect(line.attempt(key)).toMatchObject({ number: 1, ours: { runId: 100 }, run: { id: 100 } })
    expect(maySend(line.pipeline, key)).toBe(false)
    line.tell(confirmed(key, 100, minute(3)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 runs')
  })

  test.each([
    ['a key that was never issued', { title: 'andon 42/plan/1-zzzzz' }],
    ['a longer key', { title: 'andon 42/plan/1-k3v9x2' }],
    ['the key in another workflow', { workflow: 'code.yml' }],
    ['the key on another branch', { branch: 'octocat:main' }],
  ])('%s binds no run', (_, known) => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(ownRunIs(key, 100, known))
    expect(line.attempt(key)).toMatchObject({ run: null, ours: { runId: null } })
    expect(line.statuses()).toBe('queued idle idle idle')
  })

  test('of two runs with one key the older is adopted and the younger is cancelled, in any order', () => {
    for (const ids of [
      [100, 101],
      [101, 100],
    ]) {
      const line = started()
      const key = line.admit(minute(1))!
      line.tell(...ids.map((id) => ownRunIs(key, id)))
      expect(line.attempt(key)).toMatchObject({ run: { id: 100 }, ours: { runId: 100, twins: [{ runId: 101 }] } })
      expect(line.keys('cancel')).toEqual(['cancel/101'])
    }
  })

  test('a stage that is done queues the next', () => {
    const line = started()
    line.carryOut(minute(1), 100)
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 succeeded')
    expect(awaitingAdmission(line.pipeline, minute(5))).toMatchObject({ stage: 'code', attempt: 1 })
  })

  test('after the last stage that is dispatched the line waits for a pull request', () => {
    const line = started()
    for (const id of [100, 101, 102]) line.carryOut(minute(id - 99), id)
    expect(line.statuses()).toBe('done done done idle')
    expect(light(line.pipeline)).toMatchObject({ light: 'idle', reason: 'test is over; waits for a pull request' })
  })

  test('a slot that is not free is waited for in words', () => {
    const line = started().tell(denied('4 of 4 running', minute(2)))
    expect(line.stage('plan').reason).toBe('waiting: 4 of 4 running; then attempt 1 of 3')
    line.tell(denied('50 of 50 begun today', minute(3), '2026-11-22T00:00:00.000Z'))
    expect(line.stage('plan')).toMatchObject({
      reason: 'waiting: 50 of 50 begun today; then attempt 1 of 3',
      waiting: { until: '2026-11-22T00:00:00.000Z' },
    })
    line.admit(minute(4))
    expect(line.pipeline.denied).toBeUndefined()
  })

  test('a gate holds the line until somebody approves', () => {
    const line = started(runningLine({ plan: { gate: 'approval' } }))
    line.carryOut(minute(1), 100)
    expect(line.stage('plan')).toMatchObject({
      status: 'review',
      reason: 'attempt 1 of 3 succeeded; waits for an approval: /andon approve',
      waiting: { for: 'an approval', until: null },
    })
    expect(light(line.pipeline).light).toBe('review')
    expect(line.admit(minute(9))).toBeNull()
    const given = comment('/andon approve')
    line.tell(given, allowed(given))
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 succeeded, approved by @mara')
  })

  test('a stage that somebody else carries out is waited for', () => {
    const line = started(runningLine({ code: { observe: true } }))
    line.carryOut(minute(1), 100)
    expect(light(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: 'plan is over; waits for code.yml to start a run',
    })
    line.tell(runIs({ id: 101, conclusion: 'success' }))
    expect(line.statuses()).toBe('done done queued idle')
  })

  test('nothing is started beside a run that somebody else started', () => {
    const line = started()
    line.carryOut(minute(1), 100)
    line.tell(runIs({ id: 101, at: minute(3), startedAt: minute(3) }))
    expect(line.stage('code')).toMatchObject({ status: 'running', reason: 'a run that somebody else started runs' })
    expect(line.admit(minute(4))).toBeNull()
    line.tell(runIs({ id: 101, at: minute(5), startedAt: minute(3), conclusion: 'success' }))
    expect(line.statuses()).toBe('done done queued idle')
  })
})

describe('failing', () => {
  test('a failed attempt is tried again after a rest that is told', () => {
    const line = started()
    line.carryOut(minute(1), 100, 'failure')
    const { reason, waiting, againAt } = line.stage('plan')
    expect(reason).toMatch(/^attempt 2 of 3, again at 09:01:2\d UTC \(attempt 1 of 3 failed\)$/)
    expect(waiting).toEqual({ for: 'attempt 2 of 3', until: againAt })
    expect(awaitingAdmission(line.pipeline, second(80))).toBeNull()
    expect(line.admit(againAt!)).toBe(keyFor('plan', 2))
  })

  test('a refused dispatch is a failed attempt', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(dispatchIs(key, { state: 'refused', words: 'GitHub says 422: no such input' }, minute(1)))
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 was refused: GitHub says 422: no such input)')
    expect(liveAttempts(line.pipeline)).toBe(0)
  })

  test('a dispatch that must wait spends no attempt', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(
      dispatchIs(key, { state: 'waiting', until: minute(5), words: 'GitHub asks for fewer requests' }, minute(1)),
    )
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: 'attempt 1 of 3, again at 09:05:00 UTC (GitHub asks for fewer requests)',
      waiting: { until: minute(5) },
    })
    expect(maySend(line.pipeline, key)).toBe(true)
    line.tell(confirmed(key, 100, minute(5)), ownRunIs(key, 100, { at: minute(6), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('the last attempt leaves the stage to a person', () => {
    const line = started(runningLine({ plan: { attempts: 1 } }))
    line.carryOut(minute(1), 100, 'failure')
    expect(line.stage('plan')).toMatchObject({
      status: 'failed',
      reason: 'attempt 1 of 1 failed; a person is needed: /andon retry plan',
    })
    expect(light(line.pipeline).light).toBe('failed')
    expect(line.admit(minute(600))).toBeNull()
  })

  test('a run that somebody cancelled on GitHub is not tried again', () => {
    const line = started()
    line.carryOut(minute(1), 100, 'cancelled')
    expect(line.stage('plan')).toMatchObject({
      status: 'cancelled',
      reason: 'attempt 1 of 3 was cancelled; /andon retry plan tries again',
    })
    expect(line.admit(minute(600))).toBeNull()
  })
})
