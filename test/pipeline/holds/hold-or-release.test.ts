// The cord of a line: what is held is not started, what runs goes on, and letting go continues where it stood.
import { describe, expect, test } from 'vitest'
import { heldStages, holdsOf, holdsOver, holdWords } from '../../../src/pipeline/holds/holds.ts'
import { awaitingAdmission } from '../../../src/pipeline/stages/ready-stage.ts'
import { health } from '../../../src/pipeline/view/health.ts'
import { EVERYTHING, REPOSITORY, say } from '../../support/hold-commands.ts'
import { minute } from '../../support/pipeline-fixtures.ts'
import {
  allowed,
  comment,
  confirmed,
  denied,
  dispatchIs,
  type Floor,
  keyFor,
  ownRunIs,
  runningLine,
  second,
  started,
} from '../../support/pipeline-harness.ts'

function waits(line: Floor): string | null {
  return awaitingAdmission(line.pipeline, minute(600))?.stage ?? null
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
    const line = started()
    const queuedAt = line.stage('plan').queuedAt
    expect(waits(line)).toBe('plan')
    say(line, hold)
    expect(waits(line)).toBeNull()
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: `${words}: the key is being changed; then attempt 1 of 3`,
      waiting: { for: 'somebody to resume it', until: null },
    })
    expect(line.admit(minute(21))).toBeNull()
    say(line, resume, minute(30))
    expect(awaitingAdmission(line.pipeline, minute(30))).toEqual({ stage: 'plan', attempt: 1, queuedAt })
    expect(line.admit(minute(31))).toBe(keyFor('plan', 1))
  })

  test('what runs goes on while its line is held, and what would follow waits', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(confirmed(key, 100, minute(1)), ownRunIs(key, 100, { at: minute(2) }))
    say(line, '/andon hold look at this first')
    expect(line.stage('plan').status).toBe('running')
    expect(line.keys('cancel')).toEqual([])
    line.tell(ownRunIs(key, 100, { at: minute(40), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.stage('code').reason).toBe(
      'held by @mara since 2026-11-21 09:20 UTC: look at this first; then attempt 1 of 3',
    )
    expect(waits(line)).toBeNull()
  })

  test('a stage is held while the others go on', () => {
    const line = started()
    say(line, '/andon hold test the runner is being moved')
    expect(heldStages(line.pipeline)).toEqual(['test'])
    line.carryOut(minute(21), 100)
    line.carryOut(minute(22), 101)
    expect(line.statuses()).toBe('done done queued idle')
    expect(waits(line)).toBeNull()
    say(line, '/andon resume test', minute(30))
    expect(waits(line)).toBe('test')
  })

  test('a stage that rests before its next try is tried when both the rest and the hold are over', () => {
    const line = started()
    line.carryOut(second(60), 100, 'failure')
    const { againAt } = line.stage('plan')
    say(line, '/andon hold wait', minute(2))
    say(line, '/andon resume', minute(60))
    expect(line.stage('plan').againAt).toBe(againAt)
    expect(awaitingAdmission(line.pipeline, minute(60))).toMatchObject({ stage: 'plan', attempt: 2 })
  })

  test('an attempt that was admitted and is not sent yet waits with words, is not called stalled, and keeps its number', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(dispatchIs(key, { state: 'waiting', until: null, words: 'held' }, minute(1)))
    say(line, '/andon hold wait', minute(2))
    expect(line.stage('plan').reason).toBe('held by @mara since 2026-11-21 09:02 UTC: wait; then attempt 1 of 3')
    expect(health(line.pipeline, minute(500)).health).toBe('ok')
    say(line, '/andon resume', minute(600))
    line.tell(confirmed(key, 100, minute(600)))
    expect(health(line.pipeline, minute(601)).health).toBe('ok')
    line.tell(ownRunIs(key, 100, { at: minute(601), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('an attempt that is not sent because of a hold around the line is not called stalled', () => {
    const line = started()
    line.tell(dispatchIs(line.admit(minute(1))!, { state: 'waiting', until: null, words: 'held' }, minute(1)))
    const holds = holdsOf(line.pipeline, { repository: REPOSITORY, everything: null })
    expect(health(line.pipeline, minute(500), holds).health).toBe('ok')
    expect(health(line.pipeline, minute(500)).health).toBe('stale')
  })

  test('what was denied before a hold is asked for anew after it', () => {
    const line = started().tell(denied('4 of 4 running', minute(3)))
    say(line, '/andon hold wait')
    expect(line.pipeline.denied).toBeUndefined()
    say(line, '/andon resume', minute(30))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('orders are obeyed while it is held, and start nothing', () => {
    const line = started(runningLine({ plan: { attempts: 1 } }))
    line.carryOut(minute(1), 100, 'failure')
    say(line, '/andon hold wait')
    say(line, '/andon retry plan', minute(21))
    expect(line.stage('plan').reason).toBe('held by @mara since 2026-11-21 09:20 UTC: wait; then attempt 2 of 2')
    expect(waits(line)).toBeNull()
    say(line, '/andon cancel plan', minute(22))
    say(line, '/andon resume', minute(23))
    expect(line.stage('plan').status).toBe('cancelled')
  })
})

describe('the last word', () => {
  test('a word that comes late changes nothing', () => {
    const line = started()
    say(line, '/andon resume', minute(30))
    expect(say(line, '/andon hold too late', minute(20))).toBe(
      'impossible: this issue was resumed by @mara after that was written',
    )
    expect(waits(line)).toBe('plan')
  })

  test('of two words of the same second the comment that was written later stands', () => {
    const line = started()
    const [hold, resume] = [comment('/andon hold wait', { commentId: 1 }), comment('/andon resume', { commentId: 2 })]
    line.tell(allowed(resume), allowed(hold))
    expect(waits(line)).toBe('plan')
  })

  test('an answer that comes twice changes nothing', () => {
    const line = started()
    const given = comment('/andon hold wait', { commentId: 1 })
    line.tell(allowed(given))
    const before = line.pipeline
    expect(line.tell(allowed(given)).pipeline).toBe(before)
    expect(line.entries.filter(({ type }) => type.startsWith('cord.'))).toHaveLength(1)
  })

  test('whoever may not write says nothing', () => {
    const line = started()
    const given = comment('/andon hold wait')
    line.tell(given, allowed(given, false))
    expect(line.pipeline.cord).toBeUndefined()
  })

  test('who pulled the cord and who let it go stands in the history', () => {
    const line = started()
    say(line, '/andon hold look at this first')
    say(line, '/andon resume', minute(30))
    say(line, '/andon resume', minute(31))
    const told = line.entries.filter(({ type }) => type.startsWith('cord.'))
    expect(told.map(({ type, actor, text }) => `${type} ${actor}: ${text}`)).toEqual([
      'cord.pulled mara: held by @mara since 2026-11-21 09:20 UTC: look at this first',
      'cord.let_go mara: this issue was resumed by @mara',
    ])
  })
})

test('the widest hold is told first, and a stage hears only of those over it', () => {
  const line = started()
  say(line, '/andon hold test the runner is being moved')
  say(line, '/andon hold wait')
  const holds = holdsOf(line.pipeline, { repository: REPOSITORY, everything: EVERYTHING })
  expect(holds.map(holdWords)).toEqual([
    'everything is held by root since 2026-11-21 09:10 UTC: GitHub is down',
    'the repository is held by @ada since 2026-11-21 09:10 UTC: release week',
    'held by @mara since 2026-11-21 09:20 UTC: wait',
    'test is held by @mara since 2026-11-21 09:20 UTC: the runner is being moved',
  ])
  expect(holdsOver(holds, 'code')).toHaveLength(3)
})
