// The two clocks of an attempt, and what is done when one stands still. The line allows 30 minutes of silence and 6 hours
// for a whole run. Each test is a row of the transition table in docs/design.md.
import { describe, expect, test } from 'vitest'
import { liveAttempts } from '../../../src/pipeline/admission.ts'
import { wakeAt } from '../../../src/pipeline/deadlines/wake-at.ts'
import { awaitingAdmission } from '../../../src/pipeline/stages/ready-stage.ts'
import { clocks, health, needsYouAt } from '../../../src/pipeline/view/health.ts'
import { jobFact, jobIs, minute } from '../../support/pipeline-fixtures.ts'
import {
  cancelIs,
  confirmed,
  dispatchIs,
  type Floor,
  keyFor,
  ownRun,
  ownRunIs,
  reported,
  runningLine,
  runRead,
  started,
  woken,
} from '../../support/pipeline-harness.ts'

const KEY = keyFor('plan', 1)
const RUN = 100

/** An attempt whose run began at minute 2 and has said nothing since. */
function silent(): Floor {
  const line = started()
  line.admit(minute(1))
  return line.tell(confirmed(KEY, RUN, minute(1)), ownRunIs(KEY, RUN, { at: minute(2) }))
}

/** One that reported progress at minute 5. */
function reporting(): Floor {
  return silent().tell(reported(KEY, RUN, minute(5), { progress: 40, text: 'writing the plan' }))
}

/** GitHub still calls it in progress at that minute. */
function goesOn(at: number) {
  return runRead(RUN, ownRun(KEY, RUN, { at: minute(2) }), minute(at))
}

function wakes(line: Floor, at: number): Floor {
  return line.tell(woken(minute(at)))
}

describe('reading before acting', () => {
  test('an agent that beats is not cancelled by a reading that was asked for before its beat was told', () => {
    const line = reporting()
    const read = goesOn(36)
    line.tell({ ...read, beats: { [KEY]: minute(35) } })
    expect(line.keys('cancel')).toEqual([])
    expect(clocks(line.pipeline).aliveAt).toBe(minute(35))
    const deaf = reporting().tell({ ...read, beats: {} })
    expect(deaf.keys('cancel')).toEqual(['cancel/100'])
  })

  test('what was silent too long is read from GitHub before anything is done', () => {
    const line = reporting()
    expect(wakeAt(line.pipeline, minute(5))).toBe(minute(35))
    wakes(line, 34)
    expect(line.keys('ask')).not.toContain(`run/100/${minute(34)}`)
    wakes(line, 35)
    expect(line.effects()).toContainEqual({
      type: 'ask',
      key: `run/100/${minute(35)}`,
      question: { about: 'run', runId: 100, issueNumber: 42 },
    })
    expect(line.keys('cancel')).toEqual([])
    const asked = line.pipeline
    expect(wakes(line, 36).pipeline).toBe(asked)
  })

  test('a result that was never told is adopted', () => {
    const line = wakes(reporting(), 35)
    line.tell(runRead(RUN, ownRun(KEY, RUN, { at: minute(20), conclusion: 'success' }), minute(36)))
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.keys('cancel')).toEqual([])
  })

  test('jobs or steps that moved are progress, and the run goes on', () => {
    const line = wakes(reporting(), 35)
    const jobs = [jobFact({ runId: RUN, at: minute(30), step: 'write', stepsDone: 3, stepsKnown: 5 })]
    line.tell(runRead(RUN, ownRun(KEY, RUN, { at: minute(2), jobs }), minute(36)))
    expect(line.keys('cancel')).toEqual([])
    expect(health(line.pipeline, minute(37))).toEqual({ health: 'ok', since: null })
    expect(wakeAt(line.pipeline, minute(37))).toBe(minute(60))
  })

  test('a run that used to report and fell silent is cancelled', () => {
    const line = wakes(reporting(), 35).tell(goesOn(36))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan')).toMatchObject({
      status: 'running',
      reason: 'attempt 1 of 3 is being cancelled: it fell silent; by force at 09:41:00 UTC',
    })
  })

  test('a run that never reports is left alone until its limit, its progress unknown', () => {
    const line = silent()
    for (let at = 32; at < 360; at += 1) {
      const asked = line.keys('ask').length
      wakes(line, at)
      if (line.keys('ask').length > asked) line.tell(goesOn(at))
    }
    expect(line.keys('cancel')).toEqual([])
    expect(health(line.pipeline, minute(100))).toEqual({ health: 'unknown', since: minute(32) })
    expect(line.keys('ask').filter((key) => key.startsWith('run/')).length).toBe(11)
    wakes(line, 362).tell(goesOn(362))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe(
      'attempt 1 of 3 is being cancelled: it is past its limit; by force at 15:07:00 UTC',
    )
  })

  test('a run past its limit is cancelled, however busy', () => {
    const line = silent()
    const busy = ownRun(KEY, RUN, { at: minute(2), jobs: [jobFact({ runId: RUN, at: minute(361) })] })
    line.tell(woken(minute(362), { [KEY]: minute(361) }), runRead(RUN, busy, minute(362)))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
  })

  test('a run that no runner takes is cancelled and counts as a failed attempt', () => {
    const line = started()
    line.admit(minute(1))
    const requested = ownRun(KEY, RUN, { at: minute(2), status: 'queued' })
    line.tell(confirmed(KEY, RUN, minute(1)), woken(minute(31)), runRead(RUN, requested, minute(32)))
    expect(line.keys('cancel')).toEqual(['cancel/100'])
    line.tell(ownRunIs(KEY, RUN, { at: minute(33), conclusion: 'cancelled' }))
    expect(line.stage('plan').reason).toMatch(
      /^attempt 2 of 3, again at .*\(attempt 1 of 3 was cancelled: no runner took it\)$/,
    )
  })

  test('a run that GitHub does not know any more is over', () => {
    const line = wakes(silent(), 32).tell(runRead(RUN, null, minute(33)))
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 has no run any more, says GitHub)')
    expect(liveAttempts(line.pipeline)).toBe(0)
  })

  test('a question that nobody answers is asked again', () => {
    const line = wakes(wakes(silent(), 32), 61)
    expect(line.keys('ask').filter((key) => key.startsWith('run/'))).toHaveLength(1)
    expect(
      wakes(line, 62)
        .keys('ask')
        .filter((key) => key.startsWith('run/')),
    ).toHaveLength(2)
  })
})

describe('giving up', () => {
  const given = () => wakes(reporting(), 35).tell(goesOn(36), cancelIs(KEY, RUN, 'accepted', minute(36)))

  /** Left alone after GitHub, asked once more, still called it in progress. */
  const left = () => wakes(wakes(given(), 41), 46).tell(goesOn(46))

  test('what will not end within five minutes is cancelled by force, and asked about once more', () => {
    const line = given()
    expect(wakeAt(line.pipeline, minute(36))).toBe(minute(41))
    wakes(line, 41)
    expect(line.keys('cancel')).toEqual(['cancel/100', 'cancel/100/force'])
    expect(line.keys('ask')).toContain(`run/100/${minute(41)}`)
  })

  test('what will not end by force is left alone, and its slot is free', () => {
    const line = left()
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 would not be cancelled and is left alone)')
    expect(liveAttempts(line.pipeline)).toBe(0)
    expect(awaitingAdmission(line.pipeline, minute(47))).toMatchObject({ stage: 'plan', attempt: 2 })
    expect(wakeAt(line.pipeline, minute(600))).toBeNull()
  })

  test('a slot does not wait for ever for an answer about a run that will not end', () => {
    const line = wakes(wakes(wakes(given(), 41), 46), 60)
    expect(liveAttempts(line.pipeline)).toBe(1)
    expect(liveAttempts(wakes(line, 61).pipeline)).toBe(0)
  })

  test('a late completion is accepted while nothing newer has begun', () => {
    const line = left()
    line.tell(ownRunIs(KEY, RUN, { at: minute(47), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('a late completion changes nothing once something newer has begun', () => {
    const line = left()
    line.admit(minute(47))
    line.tell(ownRunIs(KEY, RUN, { at: minute(48), conclusion: 'success' }))
    expect(line.stage('plan').reason).toBe('attempt 2 of 3 is being started')
    expect(line.attempt(KEY).run?.conclusion).toBe('success')
  })

  test('a run that finished before it could be cancelled keeps its result', () => {
    const line = wakes(reporting(), 35).tell(goesOn(36), cancelIs(KEY, RUN, 'refused', minute(37)))
    expect(line.keys('ask')).toContain(`run/100/${minute(37)}`)
    line.tell(runRead(RUN, ownRun(KEY, RUN, { at: minute(36), conclusion: 'success' }), minute(38)))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('cancelling a run that does not exist ends its attempt', () => {
    const line = wakes(reporting(), 35).tell(goesOn(36), cancelIs(KEY, RUN, 'gone', minute(37)))
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 has no run any more, says GitHub)')
  })

  test('a twin that will not end is cancelled by force, then left alone', () => {
    const line = silent().tell(ownRunIs(KEY, 101, { at: minute(3) }))
    wakes(wakes(line, 8), 13)
    expect(line.keys('cancel')).toEqual(['cancel/101', 'cancel/101/force'])
    line.tell(ownRunIs(KEY, RUN, { at: minute(14), conclusion: 'failure' }))
    expect(line.admit(minute(20))).toBe(keyFor('plan', 2))
  })

  test('nothing is tried again while a twin goes on', () => {
    const line = silent().tell(ownRunIs(KEY, 101, { at: minute(3) }))
    line.tell(ownRunIs(KEY, RUN, { at: minute(4), conclusion: 'failure' }))
    expect(line.stage('plan').reason).toBe('attempt 2 of 3 waits for run 101 to be over')
    expect(line.admit(minute(6))).toBeNull()
    line.tell(ownRunIs(KEY, 101, { at: minute(7), conclusion: 'cancelled' }))
    expect(line.admit(minute(8))).toBe(keyFor('plan', 2))
  })

  test('a run that somebody runs again on GitHub begins anew', () => {
    const line = given().tell(ownRunIs(KEY, RUN, { at: minute(37), conclusion: 'cancelled' }))
    line.tell(ownRunIs(KEY, RUN, { at: minute(37), runAttempt: 2, startedAt: minute(37) }))
    expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3 (re-run 1) runs' })
    expect(line.admit(minute(600))).toBeNull()
  })
})

describe('showing', () => {
  test('three hours of beats without progress are a stall, and no reason to kill', () => {
    const line = silent()
    for (let at = 2; at < 182; at++) line.tell(woken(minute(at), { [KEY]: minute(at) }))
    expect(clocks(line.pipeline)).toEqual({ aliveAt: minute(181), progressAt: null })
    expect(health(line.pipeline, minute(182))).toEqual({ health: 'stalled', since: minute(32) })
    expect(needsYouAt(line.pipeline)).toBe(minute(32))
    expect(line.keys('cancel')).toEqual([])
    line.tell(reported(KEY, RUN, minute(182), { progress: 50, text: 'half of it' }))
    expect(health(line.pipeline, minute(183))).toEqual({ health: 'ok', since: null })
    expect(clocks(line.pipeline)).toEqual({ aliveAt: minute(182), progressAt: minute(182) })
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 runs: 50 %, half of it')
  })

  test('alive and progress are two clocks of an attempt', () => {
    const line = reporting().tell(jobIs({ runId: RUN, at: minute(4) }), woken(minute(9), { [KEY]: minute(9) }))
    expect(clocks(line.pipeline)).toEqual({ aliveAt: minute(9), progressAt: minute(5) })
  })

  test('a report about another run, or an unknown attempt, changes nothing', () => {
    const line = silent()
    const before = line.pipeline
    line.tell(
      reported(KEY, 999, minute(5)),
      reported(keyFor('plan', 2), RUN, minute(5)),
      woken(minute(5), { x: minute(5) }),
    )
    expect(line.pipeline).toBe(before)
  })

  test('an attempt that waits for a person needs somebody at once', () => {
    const line = started()
    line.admit(minute(1))
    line.tell(dispatchIs(KEY, { state: 'unconfirmed', words: 'not found', needsPerson: true }, minute(5)))
    expect(needsYouAt(line.pipeline)).toBe(minute(5))
  })

  test('the clock is wanted at the end of a rest', () => {
    const line = started(runningLine())
    line.carryOut(minute(1), RUN, 'failure')
    const again = line.stage('plan').againAt!
    expect(wakeAt(line.pipeline, minute(1))).toBe(again)
    expect(wakeAt(line.pipeline, again)).toBeNull()
  })

  test('a deadline that passed unheeded is still wanted', () => {
    const line = reporting()
    expect(wakeAt(line.pipeline, minute(300))).toBe(minute(35))
  })
})
