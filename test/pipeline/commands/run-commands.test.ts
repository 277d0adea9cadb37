// Commands move a dispatched pipeline. Each test is a row of the transition table in docs/reference/transitions.md.
import { describe, expect, test } from 'vitest'
import { mayDispatch } from '../../../src/outbox/recheck-dispatch.ts'
import { countLiveAttempts } from '../../../src/pipeline/stages/attempts.ts'
import { describeDispatch } from '../../../src/render/dispatch-reason.ts'
import { headlineInWords } from '../../support/in-words.ts'
import { issueChanged, issueGone, minutesAfterNine, pullRequestChanged } from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  dispatchResult,
  lineWith,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'
import { KEY_NOT_ECHOED } from '../../support/reasons.ts'

let comments = 900

/** Mara, who may write, sends a command, and GitHub confirms that she may. */
function runCommand(line: PipelineHarness, body: string, at = minutesAfterNine(20)): PipelineHarness {
  comments += 1
  const command = commentCreated(body, { at, commentId: comments })
  return line.apply(command, commandPermission(command, true, at))
}

function failed(): PipelineHarness {
  const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
  line.completeAttempt(minutesAfterNine(1), 100, 'failure')
  return line
}

function running(): { line: PipelineHarness; key: string } {
  const line = startedPipeline()
  const key = line.admit(minutesAfterNine(1))!
  line.apply(
    dispatchConfirmed(key, 100, minutesAfterNine(1)),
    dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
  )
  return { line, key }
}

describe('permission', () => {
  test('a command waits until GitHub says that its sender may write', () => {
    const line = failed()
    const command = commentCreated('/andon retry')
    const before = line.pipeline
    line.apply(command)
    expect(line.pipeline).toBe(before)
    expect(line.effectKeys('ask')).toContain('permission/command/900')
    line.apply(commandPermission(command, false))
    expect(line.pipeline).toBe(before)
    line.apply(commandPermission(command))
    expect(line.admit(minutesAfterNine(21))).toBe(attemptKeyOf('plan', 2))
  })

  test('a command runs once, however often GitHub answers', () => {
    const line = failed()
    const command = commentCreated('/andon retry')
    line.apply(command, commandPermission(command))
    const before = line.pipeline
    line.apply(command, commandPermission(command), commandPermission(command, true, minutesAfterNine(30)))
    expect(line.pipeline).toBe(before)
  })

  test("a bot's command runs only if the file names it, and then at once", () => {
    const line = failed()
    line.apply(commentCreated('/andon retry', { by: 'helper[bot]', bot: true }))
    expect(line.statuses()).toBe('failed idle idle idle')
    const named = startedPipeline(lineWith({ plan: { attempts: 1 } }, { bots: ['helper[bot]'] }))
    named.completeAttempt(minutesAfterNine(1), 100, 'failure')
    named.apply(commentCreated('/andon retry', { by: 'helper[bot]', bot: true }))
    expect(named.statuses()).toBe('queued idle idle idle')
  })

  test('a command on a pull request is for the issue that it closes', () => {
    const line = failed().apply(pullRequestChanged({ at: minutesAfterNine(5) }))
    const command = commentCreated('/andon retry plan', { onPullRequest: true, on: 7 })
    line.apply(command, commandPermission(command))
    expect(line.stage('plan').status).toBe('queued')
    const elsewhere = commentCreated('/andon cancel', { onPullRequest: true, on: 8, commentId: 901 })
    line.apply(elsewhere, commandPermission(elsewhere))
    expect(line.stage('plan').status).toBe('queued')
  })
})

describe('retry', () => {
  test('a failed stage is retried with all its attempts', () => {
    const line = runCommand(failed(), '/andon retry')
    expect(line.stage('plan')).toMatchObject({ status: 'queued', reason: 'attempt 2 of 2 waits for a slot' })
    line.completeAttempt(minutesAfterNine(21), 101, 'failure')
    expect(line.stage('plan').reason).toBe('attempt 2 of 2 failed; a person is needed: /andon retry plan')
  })

  test('a retry ends the backoff', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    runCommand(line, '/andon retry plan', minutesAfterNine(1))
    expect(line.admit(minutesAfterNine(1))).toBe(attemptKeyOf('plan', 2))
  })

  test('nothing is retried beside a live attempt', () => {
    const { line } = running()
    runCommand(line, '/andon retry plan')
    expect(line.admit(minutesAfterNine(600))).toBeNull()
    expect(countLiveAttempts(line.pipeline)).toBe(1)
  })

  test('a retry abandons a lost attempt', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchResult(key, { state: 'unconfirmed', reason: KEY_NOT_ECHOED, needsPerson: true }, minutesAfterNine(5)),
    )
    expect(line.stage('plan').reason).toBe(`attempt 1 of 3: ${describeDispatch(KEY_NOT_ECHOED)}; a person is needed`)
    runCommand(line, '/andon retry')
    expect(mayDispatch(line.pipeline, key)).toBe(false)
    expect(line.admit(minutesAfterNine(21))).toBe(attemptKeyOf('plan', 2))
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(22) }))
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe('attempt 2 of 4 is being started')
  })

  test('nothing is retried while an abandoned run of the stage is live', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchResult(key, { state: 'unconfirmed', reason: KEY_NOT_ECHOED, needsPerson: true }, minutesAfterNine(5)),
    )
    runCommand(line, '/andon cancel')
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(22) }))
    runCommand(line, '/andon retry', minutesAfterNine(23))
    expect(line.stage('plan').reason).toBe('attempt 2 of 4 waits for run 100 to end')
    expect(line.admit(minutesAfterNine(24))).toBeNull()
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(25), conclusion: 'cancelled' }))
    expect(line.admit(minutesAfterNine(26))).toBe(attemptKeyOf('plan', 2))
  })
})

describe('cancel', () => {
  test('a running attempt is cancelled and not retried', () => {
    const { line, key } = running()
    runCommand(line, '/andon cancel')
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    expect(line.stage('plan').reason).toBe(
      'attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC',
    )
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(21), conclusion: 'cancelled' }))
    expect(headlineInWords(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: 'cancelled by @mara; /andon retry plan tries again',
    })
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })

  test('an attempt cancelled just before it is sent is not sent, and its slot is free', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(dispatchResult(key, { state: 'sending' }, minutesAfterNine(1)))
    runCommand(line, '/andon cancel plan')
    expect(line.attempt(key)).toMatchObject({ control: { cancel: { reason: 'command' }, closed: null } })
    expect(mayDispatch(line.pipeline, key)).toBe(false)
    line.apply(dispatchResult(key, { state: 'refused', reason: { kind: 'given-up' } }, minutesAfterNine(21)))
    expect(line.stage('plan').status).toBe('cancelled')
    expect(countLiveAttempts(line.pipeline)).toBe(0)
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })

  test('a cancelled attempt without a clear answer is over when no run of it is found', () => {
    for (const result of [
      { state: 'waiting', until: null, reason: { kind: 'sent-again' } },
      { state: 'unconfirmed', reason: KEY_NOT_ECHOED, needsPerson: true },
    ] as const) {
      const line = startedPipeline()
      const key = line.admit(minutesAfterNine(1))!
      line.apply(dispatchResult(key, { state: 'unconfirmed', reason: { kind: 'run-not-named' } }, minutesAfterNine(2)))
      runCommand(line, '/andon cancel plan')
      expect(countLiveAttempts(line.pipeline)).toBe(1)
      line.apply(dispatchResult(key, result, minutesAfterNine(25)))
      expect(line.stage('plan').status).toBe('cancelled')
      expect([countLiveAttempts(line.pipeline), mayDispatch(line.pipeline, key)]).toEqual([0, false])
      line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(26) }))
      expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
    }
  })

  test('an unsent attempt is cancelled with its issue, and sent when the issue is reopened', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    line.apply(
      dispatchResult(
        key,
        { state: 'waiting', until: null, reason: { kind: 'write-budget-spent' } },
        minutesAfterNine(1),
      ),
    )
    line.apply(issueChanged({ state: 'closed', closedAt: minutesAfterNine(5), at: minutesAfterNine(5) }))
    expect(line.stage('plan').reason).toBe('called off: the issue is closed')
    expect([countLiveAttempts(line.pipeline), mayDispatch(line.pipeline, key)]).toEqual([0, false])
    line.apply(issueChanged({ state: 'open', closedAt: null, at: minutesAfterNine(9) }))
    expect([countLiveAttempts(line.pipeline), mayDispatch(line.pipeline, key)]).toEqual([1, true])
    line.apply(issueGone('deleted', minutesAfterNine(12)))
    expect([countLiveAttempts(line.pipeline), mayDispatch(line.pipeline, key)]).toEqual([0, false])
  })

  test('an unsent attempt is cancelled, and its slot is free', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1))!
    runCommand(line, '/andon cancel plan')
    expect(line.stage('plan').status).toBe('cancelled')
    expect(mayDispatch(line.pipeline, key)).toBe(false)
    expect(countLiveAttempts(line.pipeline)).toBe(0)
    expect(line.effectKeys('cancel')).toEqual([])
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(21) }))
    expect(line.effectKeys('cancel')).toEqual(['cancel/100'])
  })

  test('a stage that waits for a slot is cancelled', () => {
    const line = runCommand(startedPipeline(), '/andon cancel')
    expect(line.statuses()).toBe('cancelled idle idle idle')
    expect(line.admit(minutesAfterNine(600))).toBeNull()
    runCommand(line, '/andon start', minutesAfterNine(30))
    expect(line.admit(minutesAfterNine(31))).toBe(attemptKeyOf('plan', 1))
  })
})

describe('run and skip', () => {
  test('a stage runs whether or not the previous one is done', () => {
    const line = runCommand(failed(), '/andon run test')
    expect(line.admit(minutesAfterNine(21))).toBe(attemptKeyOf('test', 1))
    expect(line.statuses()).toBe('failed idle queued idle')
  })

  test('a skipped stage is passed', () => {
    const line = runCommand(failed(), '/andon skip plan')
    expect(line.statuses()).toBe('skipped queued idle idle')
    expect(line.stage('plan').reason).toBe('skipped by @mara')
    expect(line.admit(minutesAfterNine(21))).toBe(attemptKeyOf('code', 1))
  })

  test('a live stage that is skipped is cancelled first', () => {
    const { line, key } = running()
    runCommand(line, '/andon skip plan')
    expect(line.statuses()).toBe('running idle idle idle')
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(21), conclusion: 'cancelled' }))
    expect(line.statuses()).toBe('skipped queued idle idle')
  })

  test('commands of one comment run in their order', () => {
    const line = runCommand(failed(), '/andon skip plan\n/andon skip code\n/andon skip test')
    expect(line.statuses()).toBe('skipped skipped skipped idle')
  })

  test('a command that asks for nothing changes nothing', () => {
    const { line } = running()
    const before = line.pipeline
    const effects = line.effectKeys('ask').length
    runCommand(line, '/andon status\n/andon why\n/andon help')
    runCommand(line, '/andon approve\n/andon retry\n/andon skip plon')
    expect(line.pipeline).toBe(before)
    expect(line.effectKeys('ask').length).toBe(effects + 2)
  })
})
