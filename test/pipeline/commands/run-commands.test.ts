// What people order moves a line that Andon runs. Each test is a row of the transition table in docs/design.md.
import { describe, expect, test } from 'vitest'
import { liveAttempts, maySend } from '../../../src/pipeline/admission.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import { issueGone, issueIs, minute, pullRequestIs } from '../../support/pipeline-fixtures.ts'
import {
  allowed,
  comment,
  confirmed,
  dispatchIs,
  type Floor,
  keyFor,
  ownRunIs,
  runningLine,
  started,
} from '../../support/pipeline-harness.ts'

let comments = 900

/** Mara, who may write, gives an order and GitHub confirms that she may. */
function order(line: Floor, body: string, at = minute(20)): Floor {
  comments += 1
  const given = comment(body, { at, commentId: comments })
  return line.tell(given, allowed(given, true, at))
}

function failed(): Floor {
  const line = started(runningLine({ plan: { attempts: 1 } }))
  line.carryOut(minute(1), 100, 'failure')
  return line
}

function running(): { line: Floor; key: string } {
  const line = started()
  const key = line.admit(minute(1))!
  line.tell(confirmed(key, 100, minute(1)), ownRunIs(key, 100, { at: minute(2) }))
  return { line, key }
}

describe('who may', () => {
  test('an order waits until GitHub says that its sender may write', () => {
    const line = failed()
    const given = comment('/andon retry')
    const before = line.pipeline
    line.tell(given)
    expect(line.pipeline).toBe(before)
    expect(line.keys('ask')).toContain('permission/command/900')
    line.tell(allowed(given, false))
    expect(line.pipeline).toBe(before)
    line.tell(allowed(given))
    expect(line.admit(minute(21))).toBe(keyFor('plan', 2))
  })

  test('an order is obeyed once, however often GitHub answers', () => {
    const line = failed()
    const given = comment('/andon retry')
    line.tell(given, allowed(given))
    const before = line.pipeline
    line.tell(given, allowed(given), allowed(given, true, minute(30)))
    expect(line.pipeline).toBe(before)
  })

  test('a bot is obeyed only where the file names it, and then at once', () => {
    const line = failed()
    line.tell(comment('/andon retry', { by: 'helper[bot]', bot: true }))
    expect(line.statuses()).toBe('failed idle idle idle')
    const named = started(runningLine({ plan: { attempts: 1 } }, { bots: ['helper[bot]'] }))
    named.carryOut(minute(1), 100, 'failure')
    named.tell(comment('/andon retry', { by: 'helper[bot]', bot: true }))
    expect(named.statuses()).toBe('queued idle idle idle')
  })

  test('an order on a pull request is for the issue that it closes', () => {
    const line = failed().tell(pullRequestIs({ at: minute(5) }))
    const given = comment('/andon retry plan', { onPullRequest: true, on: 7 })
    line.tell(given, allowed(given))
    expect(line.stage('plan').status).toBe('queued')
    const elsewhere = comment('/andon cancel', { onPullRequest: true, on: 8, commentId: 901 })
    line.tell(elsewhere, allowed(elsewhere))
    expect(line.stage('plan').status).toBe('queued')
  })
})

describe('retry', () => {
  test('a failed stage is tried again, with as many attempts as at first', () => {
    const line = order(failed(), '/andon retry')
    expect(line.stage('plan')).toMatchObject({ status: 'queued', reason: 'attempt 2 of 2 waits for a slot' })
    line.carryOut(minute(21), 101, 'failure')
    expect(line.stage('plan').reason).toBe('attempt 2 of 2 failed; a person is needed: /andon retry plan')
  })

  test('an order to try again at once ends the rest', () => {
    const line = started()
    line.carryOut(minute(1), 100, 'failure')
    order(line, '/andon retry plan', minute(1))
    expect(line.admit(minute(1))).toBe(keyFor('plan', 2))
  })

  test('nothing is tried again beside a live attempt', () => {
    const { line } = running()
    order(line, '/andon retry plan')
    expect(line.admit(minute(600))).toBeNull()
    expect(liveAttempts(line.pipeline)).toBe(1)
  })

  test('an attempt that nobody can find is given up by the order to try again', () => {
    const line = started()
    const key = line.admit(minute(1))!
    const words = 'it was not found, and plan.yml does not echo its key'
    line.tell(dispatchIs(key, { state: 'unconfirmed', words, needsPerson: true }, minute(5)))
    expect(line.stage('plan').reason).toBe(`attempt 1 of 3: ${words}; a person is needed`)
    order(line, '/andon retry')
    expect(maySend(line.pipeline, key)).toBe(false)
    expect(line.admit(minute(21))).toBe(keyFor('plan', 2))
    line.tell(ownRunIs(key, 100, { at: minute(22) }))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe('attempt 2 of 4 is being started')
  })

  test('nothing is tried again while a run of the stage goes on that was given up', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(dispatchIs(key, { state: 'unconfirmed', words: 'not found', needsPerson: true }, minute(5)))
    order(line, '/andon cancel')
    line.tell(ownRunIs(key, 100, { at: minute(22) }))
    order(line, '/andon retry', minute(23))
    expect(line.stage('plan').reason).toBe('attempt 2 of 4 waits for run 100 to be over')
    expect(line.admit(minute(24))).toBeNull()
    line.tell(ownRunIs(key, 100, { at: minute(25), conclusion: 'cancelled' }))
    expect(line.admit(minute(26))).toBe(keyFor('plan', 2))
  })
})

describe('cancel', () => {
  test('a running attempt is cancelled and not tried again', () => {
    const { line, key } = running()
    order(line, '/andon cancel')
    expect(line.keys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe(
      'attempt 1 of 3 is being cancelled: a person said so; by force at 09:25:00 UTC',
    )
    line.tell(ownRunIs(key, 100, { at: minute(21), conclusion: 'cancelled' }))
    expect(light(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: 'cancelled by @mara; /andon retry plan tries again',
    })
    expect(line.admit(minute(600))).toBeNull()
  })

  test('an attempt called off while it is about to be sent is not sent, and its slot is free', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(dispatchIs(key, { state: 'sending' }, minute(1)))
    order(line, '/andon cancel plan')
    expect(line.attempt(key)).toMatchObject({ ours: { cancel: { why: 'order' }, over: null } })
    expect(maySend(line.pipeline, key)).toBe(false)
    line.tell(dispatchIs(key, { state: 'refused', words: 'it was given up before it was sent' }, minute(21)))
    expect(line.stage('plan').status).toBe('cancelled')
    expect(liveAttempts(line.pipeline)).toBe(0)
    expect(line.admit(minute(600))).toBeNull()
  })

  test('an attempt called off while nobody knows whether it was sent is over once no run of it is found', () => {
    for (const told of [
      { state: 'waiting', until: null, words: 'GitHub shows no run of it, so it is sent once more' },
      { state: 'unconfirmed', words: 'plan.yml does not echo its key', needsPerson: true },
    ] as const) {
      const line = started()
      const key = line.admit(minute(1))!
      line.tell(dispatchIs(key, { state: 'unconfirmed', words: 'its run is looked for' }, minute(2)))
      order(line, '/andon cancel plan')
      expect(liveAttempts(line.pipeline)).toBe(1)
      line.tell(dispatchIs(key, told, minute(25)))
      expect(line.stage('plan').status).toBe('cancelled')
      expect([liveAttempts(line.pipeline), maySend(line.pipeline, key)]).toEqual([0, false])
      line.tell(ownRunIs(key, 100, { at: minute(26) }))
      expect(line.keys('cancel')).toEqual(['cancel/100'])
    }
  })

  test('an attempt that was not sent is called off with its issue, and sent when that is reopened', () => {
    const line = started()
    const key = line.admit(minute(1))!
    line.tell(dispatchIs(key, { state: 'waiting', until: null, words: 'held' }, minute(1)))
    line.tell(issueIs({ state: 'closed', closedAt: minute(5), at: minute(5) }))
    expect(line.stage('plan').reason).toBe('called off: the issue is closed')
    expect([liveAttempts(line.pipeline), maySend(line.pipeline, key)]).toEqual([0, false])
    line.tell(issueIs({ state: 'open', closedAt: null, at: minute(9) }))
    expect([liveAttempts(line.pipeline), maySend(line.pipeline, key)]).toEqual([1, true])
    line.tell(issueGone('deleted', minute(12)))
    expect([liveAttempts(line.pipeline), maySend(line.pipeline, key)]).toEqual([0, false])
  })

  test('an attempt that was not sent is called off, and its slot is free', () => {
    const line = started()
    const key = line.admit(minute(1))!
    order(line, '/andon cancel plan')
    expect(line.stage('plan').status).toBe('cancelled')
    expect(maySend(line.pipeline, key)).toBe(false)
    expect(liveAttempts(line.pipeline)).toBe(0)
    expect(line.keys('cancel')).toEqual([])
    line.tell(ownRunIs(key, 100, { at: minute(21) }))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
  })

  test('a stage that waits for a slot is called off', () => {
    const line = order(started(), '/andon cancel')
    expect(line.statuses()).toBe('cancelled idle idle idle')
    expect(line.admit(minute(600))).toBeNull()
    order(line, '/andon start', minute(30))
    expect(line.admit(minute(31))).toBe(keyFor('plan', 1))
  })
})

describe('run and skip', () => {
  test('a stage is run whether or not the one before it is done', () => {
    const line = order(failed(), '/andon run test')
    expect(line.admit(minute(21))).toBe(keyFor('test', 1))
    expect(line.statuses()).toBe('failed idle queued idle')
  })

  test('a skipped stage is gone past', () => {
    const line = order(failed(), '/andon skip plan')
    expect(line.statuses()).toBe('skipped queued idle idle')
    expect(line.stage('plan').reason).toBe('skipped by @mara')
    expect(line.admit(minute(21))).toBe(keyFor('code', 1))
  })

  test('a live stage that is skipped is cancelled first', () => {
    const { line, key } = running()
    order(line, '/andon skip plan')
    expect(line.statuses()).toBe('running idle idle idle')
    line.tell(ownRunIs(key, 100, { at: minute(21), conclusion: 'cancelled' }))
    expect(line.statuses()).toBe('skipped queued idle idle')
  })

  test('orders of one comment are obeyed in their order', () => {
    const line = order(failed(), '/andon skip plan\n/andon skip code\n/andon skip test')
    expect(line.statuses()).toBe('skipped skipped skipped idle')
  })

  test('what asks for nothing changes nothing', () => {
    const { line } = running()
    const before = line.pipeline
    const asked = line.keys('ask').length
    order(line, '/andon status\n/andon why\n/andon help')
    order(line, '/andon approve\n/andon retry\n/andon skip plon')
    expect(line.pipeline).toBe(before)
    expect(line.keys('ask').length).toBe(asked + 2)
  })
})
