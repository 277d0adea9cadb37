// Each test is a row of the transition table in docs/design.md.
import { describe, expect, test } from 'vitest'
import type { Conclusion } from '../../../src/pipeline/model/facts.ts'
import {
  closing,
  given,
  issueGone,
  issueIs,
  jobIs,
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runIs,
  statuses,
} from '../../support/pipeline-fixtures.ts'

const taken = labelled()
const open = pullRequestIs()
const asked = reviewed({ state: 'changes_requested' })
const approved = reviewed()

describe('taking up', () => {
  test('a labelled issue queues its first stage at once', () => {
    const begun = pipelineAfter(taken)
    expect(statuses(begun).join(' ')).toBe('queued idle idle idle')
    expect(begun.stages[0]).toMatchObject({
      reason: 'waits for plan.yml to start a run',
      waiting: { for: 'plan.yml to start a run', until: null },
      since: minute(0),
      evidence: taken.evidence,
    })
  })

  test("an agent's branch takes an issue up without queueing anything", () => {
    expect(statuses(pipelineAfter(runIs())).join(' ')).toBe('idle running idle idle')
    expect(statuses(pipelineAfter(pullRequestIs({ draft: true }))).join(' ')).toBe('idle idle idle idle')
  })

  test('a label after the branch says who took the issue up', () => {
    expect(pipelineAfter(runIs(), labelled({ at: minute(3) })).begun).toMatchObject({ by: 'label', actor: 'olga' })
  })

  test('the first run of any stage ends the waiting of the first', () => {
    given(taken).when(runIs()).shows({ stages: 'idle running idle idle' })
  })

  test('a linked pull request ends the waiting of the first stage', () => {
    given(taken).when(open).shows({ stages: 'idle idle idle review' })
  })
})

describe('runs', () => {
  test('a requested run queues its stage', () => {
    given(taken)
      .when(runIs({ status: 'queued' }))
      .shows({ stages: 'idle queued idle idle', reason: 'attempt 1 waits for a runner', since: minute(1) })
  })

  test('a run in progress lights its stage', () => {
    given(taken).when(runIs()).shows({ stages: 'idle running idle idle', reason: 'attempt 1 runs' })
  })

  test('a job in progress lights the stage of a run that is still called queued', () => {
    const job = jobIs({ step: 'tests', stepsDone: 2, stepsKnown: 5 })
    given(taken, runIs({ status: 'queued' }))
      .when(job)
      .shows({ stages: 'idle running idle idle', reason: 'attempt 1, job build, step "tests" (2 of 5)' })
  })

  test.each<[Conclusion, string, string]>([
    ['success', 'done', 'attempt 1 succeeded'],
    ['neutral', 'done', 'attempt 1 ended neutral'],
    ['skipped', 'skipped', 'attempt 1 was skipped'],
    ['failure', 'failed', 'attempt 1 failed'],
    ['timed_out', 'failed', 'attempt 1 timed out'],
    ['startup_failure', 'failed', 'attempt 1 could not start'],
    ['stale', 'failed', 'attempt 1 was given up by GitHub'],
    ['cancelled', 'cancelled', 'attempt 1 was cancelled'],
    ['action_required', 'queued', 'attempt 1 waits for an approval on GitHub'],
  ])('a run concluded %s leaves its stage %s', (conclusion, status, reason) => {
    const { pipeline } = given(taken).when(runIs({ at: minute(4), conclusion }))
    expect(pipeline.stages[1]).toMatchObject({ status, reason })
  })

  test('a failure names the job that failed', () => {
    given(taken, runIs(), jobIs({ conclusion: 'timed_out', name: 'unit' }))
      .when(runIs({ conclusion: 'failure' }))
      .shows({ light: 'failed', reason: 'attempt 1 failed: job unit' })
  })

  test('an approved run goes on in the same attempt', () => {
    given(taken, runIs({ at: minute(4), conclusion: 'action_required' }))
      .when(runIs())
      .shows({ stages: 'idle running idle idle' })
  })

  test('what is over stays over in its run_attempt', () => {
    given(taken, runIs({ at: minute(2), conclusion: 'success' }))
      .when(runIs({ at: minute(9) }))
      .changesNothing()
  })

  test('a re-run lights its stage again', () => {
    given(taken, runIs({ conclusion: 'failure' }))
      .when(runIs({ runAttempt: 2 }))
      .shows({ stages: 'idle running idle idle', reason: 'attempt 1 (re-run 1) runs' })
  })

  test('a newer run is the next attempt, and the stage stands as it does', () => {
    const { pipeline } = given(taken, runIs({ id: 200 })).when(runIs({ id: 100, conclusion: 'failure' }))
    expect(pipeline.stages[1]).toMatchObject({
      status: 'running',
      reason: 'attempt 2 runs',
      attempts: [
        { number: 1, run: { id: 100 } },
        { number: 2, run: { id: 200 } },
      ],
    })
  })

  test('a skipped run says nothing over one that ran', () => {
    given(taken, runIs({ conclusion: 'failure' }))
      .when(runIs({ id: 200, conclusion: 'skipped' }))
      .shows({ stages: 'idle failed idle idle' })
  })

  test('an attempt keeps the key its run echoes', () => {
    const keyed = runIs({ branch: 'main', title: 'andon 42/code/1-k3v9x' })
    expect(pipelineAfter(taken, keyed).stages[1]?.attempts[0]?.key).toBe('42/code/1-k3v9x')
  })
})

describe('review', () => {
  test('a draft leaves the review idle and says so', () => {
    given(taken)
      .when(pullRequestIs({ draft: true }))
      .shows({ stages: 'idle idle idle idle', reason: 'pull request #7 is a draft' })
  })

  test('an open pull request waits for a review', () => {
    given(taken)
      .when(open)
      .shows({ stages: 'idle idle idle review', reason: 'waits for a review by a maintainer', since: minute(5) })
  })

  test('editing a pull request does not make it wait any shorter', () => {
    given(taken, open)
      .when(pullRequestIs({ at: minute(8), title: 'Retry' }, 'edited'))
      .shows({ light: 'review', since: minute(5) })
  })

  test('a verdict does not count before GitHub says that its author may write', () => {
    given(taken, open).when(asked).shows({ stages: 'idle idle idle review' })
  })

  test('a verdict of somebody who may not write never counts', () => {
    given(taken, open, asked).when(mayWrite('mara', false)).shows({ stages: 'idle idle idle review' })
  })

  test('a verdict of a bot never counts', () => {
    given(taken, open)
      .when(reviewed({ reviewer: 'mara', bot: true }), mayWrite('mara'))
      .shows({ stages: 'idle idle idle review' })
  })

  test('changes requested end the waiting for a review', () => {
    given(taken, open, asked)
      .when(mayWrite('mara'))
      .shows({ stages: 'idle idle idle idle', light: 'idle', stage: 'review', reason: 'changes requested by mara' })
  })

  test('a push asks the one who wanted changes to look again', () => {
    const push = pullRequestIs({ at: minute(9), headSha: 'bbb2', replacedShas: ['bbb1'] }, 'synchronize')
    given(taken, open, asked, mayWrite('mara'))
      .when(push)
      .shows({ stages: 'idle idle idle review', reason: 'waits for another look by mara', since: minute(9) })
  })

  test("one reviewer's approval does not lift another's request for changes", () => {
    const other = reviewed({ id: 501, reviewer: 'noor', at: minute(8) })
    given(taken, open, asked, mayWrite('mara'))
      .when(other, mayWrite('noor', true, minute(8)))
      .shows({ reason: 'changes requested by mara' })
  })

  test('an approval ends the review', () => {
    given(taken, open, approved)
      .when(mayWrite('mara'))
      .shows({ stages: 'idle idle idle done', light: 'done', reason: 'approved by mara', since: minute(6) })
  })

  test("a reviewer's newest verdict is the one that stands", () => {
    given(taken, open, asked, mayWrite('mara'))
      .when(reviewed({ id: 501, at: minute(8) }), mayWrite('mara', true, minute(8)))
      .shows({ stages: 'idle idle idle done' })
  })

  test('a dismissed verdict does not stand', () => {
    given(taken, open, asked, mayWrite('mara'))
      .when(reviewed({ state: 'dismissed', at: minute(8) }))
      .shows({ stages: 'idle idle idle review' })
  })

  test('a merge ends the line', () => {
    given(taken, open)
      .when(pullRequestIs({ at: minute(9), state: 'merged' }, 'closed'))
      .shows({ stages: 'idle idle idle done', light: 'done', reason: 'pull request #7 merged' })
  })

  test('a pull request closed without merging cancels the review', () => {
    given(taken, open)
      .when(pullRequestIs({ at: minute(9), state: 'closed' }, 'closed'))
      .shows({ stages: 'idle idle idle cancelled', light: 'idle' })
  })

  test('the newest open pull request speaks for the issue', () => {
    given(taken, pullRequestIs({ state: 'merged' }))
      .when(pullRequestIs({ number: 9, at: minute(8) }))
      .shows({ stages: 'idle idle idle review' })
  })

  test('a pull request that no longer closes the issue leaves, with its runs', () => {
    const theirs = { branch: 'retry', closes: [42], closesAt: minute(5) }
    const before = given(taken, pullRequestIs(theirs), runIs({ workflow: 'test.yml', branch: 'retry' }))
    before.when().shows({ stages: 'idle idle running review' })
    before.when(closing([], minute(8))).shows({ stages: 'queued idle idle idle' })
  })
})

describe('closing', () => {
  const closed = issueIs({ at: minute(8), state: 'closed', stateReason: 'not_planned', closedAt: minute(8) }, 'closed')

  test('a closed issue calls off what has not started', () => {
    given(taken)
      .when(closed)
      .shows({ stages: 'cancelled idle idle idle', light: 'idle', reason: 'the issue was closed as not planned' })
  })

  test('a reopened issue queues its first stage again', () => {
    const reopened = issueIs({ at: minute(9), stateReason: 'reopened' }, 'reopened')
    given(taken, closed).when(reopened).shows({ stages: 'queued idle idle idle', light: 'queued' })
  })

  test('a live run stays live in a closed issue until it ends', () => {
    const line = given(taken, runIs())
    line.when(closed).shows({ stages: 'idle running idle idle', light: 'running' })
    given(taken, runIs({ status: 'queued' }))
      .when(closed)
      .shows({ stages: 'idle queued idle idle', light: 'queued' })
    line.when(closed, runIs({ conclusion: 'failure' })).shows({ stages: 'idle failed idle idle', light: 'idle' })
  })

  test('a late completion is taken in after the issue closed', () => {
    given(taken, runIs(), closed)
      .when(runIs({ conclusion: 'success' }))
      .shows({ stages: 'idle done idle idle' })
  })

  test('an issue closed as completed is done', () => {
    given(taken)
      .when(issueIs({ at: minute(8), state: 'closed', stateReason: 'completed', closedAt: minute(8) }))
      .shows({ light: 'done', stage: 'review', reason: 'the issue was closed as completed', since: minute(8) })
  })

  test('a deleted issue stops the line', () => {
    given(taken, runIs()).when(issueGone('deleted')).shows({ light: 'idle', reason: 'the issue was deleted' })
    given(taken).when(issueGone('transferred')).shows({ stages: 'cancelled idle idle idle', light: 'idle' })
  })
})
