// The two clocks of an attempt, and what happens when one stops. The line allows 30 minutes of silence and 6 hours
// for a whole run. Each test is a row of the transition table in docs/reference/transitions.md.
import { describe, expect, test } from 'vitest'
import { NO_CONTEXT } from '../../../src/pipeline/commands/authorized-commands.ts'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import { stageReadyForAdmission } from '../../../src/pipeline/stages/attempt-events.ts'
import { countLiveAttempts } from '../../../src/pipeline/stages/attempts.ts'
import { activityOf, deriveHealth } from '../../../src/pipeline/view/light.ts'
import { jobFact, minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  cancelResult,
  dispatchConfirmed,
  dispatchedRun,
  dispatchedRunChanged,
  type PipelineHarness,
  runAnswered,
  startedPipeline,
  woken,
} from '../../support/pipeline-harness.ts'
import {
  KEY,
  RUN,
  reportingAttempt,
  silentAttempt,
  stillInProgress,
  wakeUntilQuiet,
} from '../../support/quiet-attempts.ts'

describe('reconciling before acting', () => {
  test('an agent that beats is not cancelled by an answer to a question older than its beat', () => {
    const line = reportingAttempt()
    const read = stillInProgress(36)
    line.applyIn({ ...NO_CONTEXT, heartbeats: { [KEY]: minutesAfterNine(35) } }, read)
    expect(line.effectKeys('cancel')).toEqual([])
    expect(activityOf(line.pipeline).aliveAt).toBe(minutesAfterNine(35))
    const unresponsive = reportingAttempt().apply(read)
    expect(unresponsive.effectKeys('cancel')).toEqual(['cancel/100'])
  })

  test('a run that was silent too long is read from GitHub before anything else happens', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 33).apply(stillInProgress(33))
    expect(wakeAt(line.pipeline, minutesAfterNine(33))).toBe(minutesAfterNine(35))
    wakeUntilQuiet(line, 34)
    expect(line.effectKeys('ask')).not.toContain(`run/100/${minutesAfterNine(34)}`)
    wakeUntilQuiet(line, 35)
    expect(line.effects()).toContainEqual({
      type: 'ask',
      key: `run/100/${minutesAfterNine(35)}`,
      question: { about: 'run', runId: 100, workflow: 'plan.yml', issueNumber: 42 },
    })
    expect(line.effectKeys('cancel')).toEqual([])
    const asked = line.pipeline
    expect(wakeUntilQuiet(line, 36).pipeline).toBe(asked)
  })

  test('a result that was never delivered is adopted', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35)
    line.apply(
      runAnswered(
        RUN,
        dispatchedRun(KEY, RUN, { at: minutesAfterNine(20), conclusion: 'success' }),
        minutesAfterNine(36),
      ),
    )
    expect(line.statuses()).toBe('done queued idle idle')
    expect(line.effectKeys('cancel')).toEqual([])
  })

  test('jobs or steps that moved are progress, and the run continues', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35)
    const jobs = [jobFact({ runId: RUN, at: minutesAfterNine(30), step: 'write', stepsCompleted: 3, stepsTotal: 5 })]
    line.apply(runAnswered(RUN, dispatchedRun(KEY, RUN, { at: minutesAfterNine(2), jobs }), minutesAfterNine(36)))
    expect(line.effectKeys('cancel')).toEqual([])
    expect(deriveHealth(line.pipeline, minutesAfterNine(37))).toEqual({ health: 'ok', since: null })
    // The question of every ten minutes comes before the silence ends at minute 60.
    expect(wakeAt(line.pipeline, minutesAfterNine(37))).toBe(minutesAfterNine(45))
  })

  test('a run that used to report and fell silent is cancelled', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35).apply(stillInProgress(36))
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan')).toMatchObject({
      status: 'running',
      reason: 'attempt 1 of 3 is being cancelled: it fell silent; by force at 09:41:00 UTC',
    })
  })

  test('a run that never reports is left alone until its limit, its progress unknown', () => {
    const line = silentAttempt()
    for (let at = 32; at < 360; at += 1) {
      const asked = line.effectKeys('ask').length
      wakeUntilQuiet(line, at)
      if (line.effectKeys('ask').length > asked) line.apply(stillInProgress(at))
    }
    expect(line.effectKeys('cancel')).toEqual([])
    expect(deriveHealth(line.pipeline, minutesAfterNine(100))).toEqual({
      health: 'unknown',
      since: minutesAfterNine(32),
    })
    expect(line.effectKeys('ask').filter((key) => key.startsWith('run/')).length).toBe(33)
    wakeUntilQuiet(line, 362).apply(stillInProgress(362))
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe(
      'attempt 1 of 3 is being cancelled: it exceeded its time limit; by force at 15:07:00 UTC',
    )
  })

  test('a run past its limit is cancelled, however busy', () => {
    const line = silentAttempt()
    const busy = dispatchedRun(KEY, RUN, {
      at: minutesAfterNine(2),
      jobs: [jobFact({ runId: RUN, at: minutesAfterNine(361) })],
    })
    line.apply(
      woken(minutesAfterNine(362), { [KEY]: minutesAfterNine(361) }),
      runAnswered(RUN, busy, minutesAfterNine(362)),
    )
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
  })

  test('a run that no runner picks up is cancelled and counts as a failed attempt', () => {
    const line = startedPipeline()
    line.admit(minutesAfterNine(1))
    const requested = dispatchedRun(KEY, RUN, { at: minutesAfterNine(2), status: 'queued' })
    line.apply(
      dispatchConfirmed(KEY, RUN, minutesAfterNine(1)),
      woken(minutesAfterNine(31)),
      runAnswered(RUN, requested, minutesAfterNine(32)),
    )
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    line.apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(33), conclusion: 'cancelled' }))
    expect(line.stage('plan').reason).toMatch(
      /^attempt 2 of 3 starts at .*\(attempt 1 of 3 was cancelled: no runner picked it up\)$/,
    )
  })

  test('a run that GitHub no longer knows is over', () => {
    const line = wakeUntilQuiet(silentAttempt(), 32).apply(runAnswered(RUN, null, minutesAfterNine(33)))
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 has no run on GitHub any more)')
    expect(countLiveAttempts(line.pipeline)).toBe(0)
  })

  test('a question without an answer stands, and no other is asked beside it; after a day there is a new one', () => {
    const line = silentAttempt()
    const asked = () => line.effectKeys('ask').filter((key) => key.startsWith('run/'))
    for (let at = 32; at < 32 + 24 * 60; at += 10) wakeUntilQuiet(line, at)
    expect(asked()).toEqual([`run/100/${minutesAfterNine(32)}`])
    wakeUntilQuiet(line, 32 + 24 * 60)
    expect(asked()).toHaveLength(2)
  })
})

describe('a silent run', () => {
  const runQuestions = (line: PipelineHarness) => line.effectKeys('ask').filter((key) => key.startsWith('run/'))
  function wakeAndAnswer(line: PipelineHarness, at: number): void {
    const asked = runQuestions(line).length
    if (runQuestions(wakeUntilQuiet(line, at)).length > asked) line.apply(stillInProgress(at))
  }

  test('is asked about after ten minutes, and again every ten', () => {
    const line = silentAttempt()
    expect(wakeAt(line.pipeline, minutesAfterNine(2))).toBe(minutesAfterNine(12))
    for (let at = 3; at <= 31; at += 1) wakeAndAnswer(line, at)
    expect(runQuestions(line)).toEqual([`run/100/${minutesAfterNine(12)}`, `run/100/${minutesAfterNine(22)}`])
  })

  test('is asked about even if it beats: beats say nothing about what GitHub knows', () => {
    const line = silentAttempt()
    for (let at = 3; at <= 12; at += 1) line.apply(woken(minutesAfterNine(at), { [KEY]: minutesAfterNine(at) }))
    expect(runQuestions(line)).toEqual([`run/100/${minutesAfterNine(12)}`])
  })

  test('that is being cancelled is asked about before force and before it is abandoned, and not in between', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35).apply(stillInProgress(36))
    for (let at = 37; at <= 46; at += 1) wakeAndAnswer(line, at)
    expect(runQuestions(line)).toEqual([35, 41, 46].map((at) => `run/100/${minutesAfterNine(at)}`))
  })
})

describe('giving up', () => {
  const given = () =>
    wakeUntilQuiet(reportingAttempt(), 35).apply(
      stillInProgress(36),
      cancelResult(KEY, RUN, 'accepted', minutesAfterNine(36)),
    )

  /** Abandoned after GitHub, asked once more, still said in progress. */
  const left = () => wakeUntilQuiet(wakeUntilQuiet(given(), 41), 46).apply(stillInProgress(46))

  test('a run that does not end within five minutes is cancelled by force, and asked about once more', () => {
    const line = given()
    expect(wakeAt(line.pipeline, minutesAfterNine(36))).toBe(minutesAfterNine(41))
    wakeUntilQuiet(line, 41)
    expect(line.effectKeys('cancel')).toEqual(['cancel/100', 'cancel/100/force'])
    expect(line.effectKeys('ask')).toContain(`run/100/${minutesAfterNine(41)}`)
  })

  test('a run that does not end by force is abandoned, and its slot is free', () => {
    const line = left()
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 could not be cancelled and was abandoned)')
    expect(countLiveAttempts(line.pipeline)).toBe(0)
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(47))).toMatchObject({ stage: 'plan', attempt: 2 })
    expect(wakeAt(line.pipeline, minutesAfterNine(600))).toBeNull()
  })

  test('a slot does not wait for ever for an answer about a run that does not end', () => {
    const line = wakeUntilQuiet(wakeUntilQuiet(wakeUntilQuiet(given(), 41), 46), 60)
    expect(countLiveAttempts(line.pipeline)).toBe(1)
    expect(countLiveAttempts(wakeUntilQuiet(line, 61).pipeline)).toBe(0)
  })

  test('a late completion counts while no newer attempt has started', () => {
    const line = left()
    line.apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(47), conclusion: 'success' }))
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('a late completion changes nothing after a newer attempt has started', () => {
    const line = left()
    line.admit(minutesAfterNine(47))
    line.apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(48), conclusion: 'success' }))
    expect(line.stage('plan').reason).toBe('attempt 2 of 3 is being started')
    expect(line.attempt(KEY).run?.conclusion).toBe('success')
  })

  test('a run that finished before its cancellation keeps its result', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35).apply(
      stillInProgress(36),
      cancelResult(KEY, RUN, 'refused', minutesAfterNine(37)),
    )
    expect(line.effectKeys('ask')).toContain(`run/100/${minutesAfterNine(37)}`)
    line.apply(
      runAnswered(
        RUN,
        dispatchedRun(KEY, RUN, { at: minutesAfterNine(36), conclusion: 'success' }),
        minutesAfterNine(38),
      ),
    )
    expect(line.statuses()).toBe('done queued idle idle')
  })

  test('a run that GitHub does not know when it is cancelled is read, and ends its attempt if it is not there', () => {
    const line = wakeUntilQuiet(reportingAttempt(), 35).apply(
      stillInProgress(36),
      cancelResult(KEY, RUN, 'gone', minutesAfterNine(37)),
    )
    expect(line.stage('plan').reason).toContain('is being cancelled')
    expect(line.effectKeys('ask')).toContain(`run/100/${minutesAfterNine(37)}`)
    line.apply(runAnswered(RUN, null, minutesAfterNine(38)))
    expect(line.stage('plan').reason).toContain('(attempt 1 of 3 has no run on GitHub any more)')
  })

  test('a duplicate run that does not end is cancelled by force, then abandoned', () => {
    const line = silentAttempt().apply(dispatchedRunChanged(KEY, 101, { at: minutesAfterNine(3) }))
    wakeUntilQuiet(wakeUntilQuiet(line, 8), 13)
    expect(line.effectKeys('cancel')).toEqual(['cancel/101', 'cancel/101/force'])
    line.apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(14), conclusion: 'failure' }))
    expect(line.admit(minutesAfterNine(20))).toBe(attemptKeyOf('plan', 2))
  })

  test('nothing is retried while a duplicate run is live', () => {
    const line = silentAttempt().apply(dispatchedRunChanged(KEY, 101, { at: minutesAfterNine(3) }))
    line.apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(4), conclusion: 'failure' }))
    expect(line.stage('plan').reason).toBe('attempt 2 of 3 waits for run 101 to end')
    expect(line.admit(minutesAfterNine(6))).toBeNull()
    line.apply(dispatchedRunChanged(KEY, 101, { at: minutesAfterNine(7), conclusion: 'cancelled' }))
    expect(line.admit(minutesAfterNine(8))).toBe(attemptKeyOf('plan', 2))
  })

  test('a run that is re-run on GitHub starts again', () => {
    const line = given().apply(dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(37), conclusion: 'cancelled' }))
    line.apply(
      dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(37), runAttempt: 2, startedAt: minutesAfterNine(37) }),
    )
    expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3 (re-run 1) runs' })
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })
})
