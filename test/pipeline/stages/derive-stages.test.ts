// Each test is a row of the transition table in docs/reference/transitions.md.
import { describe, expect, test } from 'vitest'
import type { Conclusion } from '../../../src/pipeline/model/facts.ts'
import { stagesInWords } from '../../support/in-words.ts'
import {
  closesIssues,
  given,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
  stageStatuses,
} from '../../support/pipeline-fixtures.ts'

const taken = issueLabeled()
const open = pullRequestChanged()
const asked = reviewChanged({ state: 'changes_requested' })
const approved = reviewChanged()

describe('beginning', () => {
  test('a labelled issue queues its first stage at once', () => {
    const pipeline = pipelineAfter(taken)
    expect(stageStatuses(pipeline).join(' ')).toBe('queued idle idle idle')
    expect(stagesInWords(pipeline)[0]).toMatchObject({
      reason: 'waits for plan.yml to start a run',
      waiting: { for: 'plan.yml to start a run', until: null },
      since: minutesAfterNine(0),
      evidence: taken.evidence,
    })
  })

  test("an agent's branch begins a pipeline without queueing anything", () => {
    expect(stageStatuses(pipelineAfter(runChanged())).join(' ')).toBe('idle running idle idle')
    expect(stageStatuses(pipelineAfter(pullRequestChanged({ draft: true }))).join(' ')).toBe('idle idle idle idle')
  })

  test('a label after the branch names who began the pipeline', () => {
    expect(pipelineAfter(runChanged(), issueLabeled({ at: minutesAfterNine(3) })).start).toMatchObject({
      by: 'label',
      actor: 'olga',
    })
  })

  test('the first run of any stage ends the wait of the first stage', () => {
    given(taken).when(runChanged()).expectShown({ stages: 'idle running idle idle' })
  })

  test('a linked pull request ends the wait of the first stage', () => {
    given(taken).when(open).expectShown({ stages: 'idle idle idle review' })
  })
})

describe('runs', () => {
  test('a requested run queues its stage', () => {
    given(taken)
      .when(runChanged({ status: 'queued' }))
      .expectShown({
        stages: 'idle queued idle idle',
        reason: 'attempt 1 waits for a runner',
        since: minutesAfterNine(1),
      })
  })

  test('a run in progress makes its stage running', () => {
    given(taken).when(runChanged()).expectShown({ stages: 'idle running idle idle', reason: 'attempt 1 runs' })
  })

  test('a job in progress makes its stage running, even if the run still says queued', () => {
    const job = jobChanged({ step: 'tests', stepsCompleted: 2, stepsTotal: 5 })
    given(taken, runChanged({ status: 'queued' }))
      .when(job)
      .expectShown({ stages: 'idle running idle idle', reason: 'attempt 1, job build, step "tests" (2 of 5)' })
  })

  test.each<[Conclusion, string, string]>([
    ['success', 'done', 'attempt 1 succeeded'],
    ['neutral', 'done', 'attempt 1 ended neutral'],
    ['skipped', 'skipped', 'attempt 1 was skipped'],
    ['failure', 'failed', 'attempt 1 failed'],
    ['timed_out', 'failed', 'attempt 1 timed out'],
    ['startup_failure', 'failed', 'attempt 1 could not start'],
    ['stale', 'failed', 'attempt 1 was marked stale by GitHub'],
    ['cancelled', 'queued', 'attempt 1 was cancelled on GitHub; asks GitHub why'],
    ['action_required', 'queued', 'attempt 1 waits for an approval on GitHub'],
  ])('a run concluded %s leaves its stage %s', (conclusion, status, reason) => {
    const { pipeline } = given(taken).when(runChanged({ at: minutesAfterNine(4), conclusion }))
    expect(stagesInWords(pipeline)[1]).toMatchObject({ status, reason })
  })

  test('a failure names the job that failed', () => {
    given(taken, runChanged(), jobChanged({ conclusion: 'timed_out', name: 'unit' }))
      .when(runChanged({ conclusion: 'failure' }))
      .expectShown({ light: 'failed', reason: 'attempt 1 failed: job unit' })
  })

  test('an approved run continues in the same attempt', () => {
    given(taken, runChanged({ at: minutesAfterNine(4), conclusion: 'action_required' }))
      .when(runChanged())
      .expectShown({ stages: 'idle running idle idle' })
  })

  test('a completed run_attempt stays completed', () => {
    given(taken, runChanged({ at: minutesAfterNine(2), conclusion: 'success' }))
      .when(runChanged({ at: minutesAfterNine(9) }))
      .expectUnchanged()
  })

  test('a re-run makes its stage running again', () => {
    given(taken, runChanged({ conclusion: 'failure' }))
      .when(runChanged({ runAttempt: 2 }))
      .expectShown({ stages: 'idle running idle idle', reason: 'attempt 1 (re-run 1) runs' })
  })

  test("a newer run is the next attempt, and its status is the stage's", () => {
    const { pipeline } = given(taken, runChanged({ id: 200 })).when(runChanged({ id: 100, conclusion: 'failure' }))
    expect(stagesInWords(pipeline)[1]).toMatchObject({
      status: 'running',
      reason: 'attempt 2 runs',
      attempts: [
        { number: 1, run: { id: 100 } },
        { number: 2, run: { id: 200 } },
      ],
    })
  })

  test('a skipped run does not override one that ran', () => {
    given(taken, runChanged({ conclusion: 'failure' }))
      .when(runChanged({ id: 200, conclusion: 'skipped' }))
      .expectShown({ stages: 'idle failed idle idle' })
  })

  test('an attempt keeps the key that its run echoes', () => {
    const keyed = runChanged({ branch: 'main', title: 'andon 42/code/1-k3v9x' })
    expect(pipelineAfter(taken, keyed).stages[1]?.attempts[0]?.key).toBe('42/code/1-k3v9x')
  })
})

describe('review', () => {
  test('a draft leaves the review idle, and the reason says so', () => {
    given(taken)
      .when(pullRequestChanged({ draft: true }))
      .expectShown({ stages: 'idle idle idle idle', reason: 'pull request #7 is a draft' })
  })

  test('an open pull request waits for a review', () => {
    given(taken)
      .when(open)
      .expectShown({
        stages: 'idle idle idle review',
        reason: 'waits for a review by a maintainer',
        since: minutesAfterNine(5),
      })
  })

  test('editing a pull request does not restart its waiting time', () => {
    given(taken, open)
      .when(pullRequestChanged({ at: minutesAfterNine(8), title: 'Retry' }, 'edited'))
      .expectShown({ light: 'review', since: minutesAfterNine(5) })
  })

  test('a verdict counts only when GitHub has said that its reviewer may write', () => {
    given(taken, open).when(asked).expectShown({ stages: 'idle idle idle review' })
  })

  test('a verdict of a reviewer without write permission never counts', () => {
    given(taken, open, asked).when(reviewerPermission('mara', false)).expectShown({ stages: 'idle idle idle review' })
  })

  test('a verdict of a bot never counts', () => {
    given(taken, open)
      .when(reviewChanged({ reviewer: 'mara', bot: true }), reviewerPermission('mara'))
      .expectShown({ stages: 'idle idle idle review' })
  })

  test('a request for changes ends the wait for a review', () => {
    given(taken, open, asked).when(reviewerPermission('mara')).expectShown({
      stages: 'idle idle idle idle',
      light: 'idle',
      stage: 'review',
      reason: 'changes requested by mara',
    })
  })

  test('a push asks the reviewer who requested changes for another review', () => {
    const push = pullRequestChanged({ at: minutesAfterNine(9), headSha: 'bbb2', replacedShas: ['bbb1'] }, 'synchronize')
    given(taken, open, asked, reviewerPermission('mara'))
      .when(push)
      .expectShown({
        stages: 'idle idle idle review',
        reason: 'waits for another review by mara',
        since: minutesAfterNine(9),
      })
  })

  test("one reviewer's approval does not lift another's request for changes", () => {
    const other = reviewChanged({ id: 501, reviewer: 'noor', at: minutesAfterNine(8) })
    given(taken, open, asked, reviewerPermission('mara'))
      .when(other, reviewerPermission('noor', true, minutesAfterNine(8)))
      .expectShown({ reason: 'changes requested by mara' })
  })

  test('an approval ends the review', () => {
    given(taken, open, approved)
      .when(reviewerPermission('mara'))
      .expectShown({
        stages: 'idle idle idle done',
        light: 'done',
        reason: 'approved by mara',
        since: minutesAfterNine(6),
      })
  })

  test("a reviewer's newest verdict counts", () => {
    given(taken, open, asked, reviewerPermission('mara'))
      .when(reviewChanged({ id: 501, at: minutesAfterNine(8) }), reviewerPermission('mara', true, minutesAfterNine(8)))
      .expectShown({ stages: 'idle idle idle done' })
  })

  test('a dismissed verdict does not count', () => {
    given(taken, open, asked, reviewerPermission('mara'))
      .when(reviewChanged({ state: 'dismissed', at: minutesAfterNine(8) }))
      .expectShown({ stages: 'idle idle idle review' })
  })

  test('a merge ends the pipeline', () => {
    given(taken, open)
      .when(pullRequestChanged({ at: minutesAfterNine(9), state: 'merged' }, 'closed'))
      .expectShown({ stages: 'idle idle idle done', light: 'done', reason: 'pull request #7 merged' })
  })

  test('a pull request closed without merging cancels the review', () => {
    given(taken, open)
      .when(pullRequestChanged({ at: minutesAfterNine(9), state: 'closed' }, 'closed'))
      .expectShown({ stages: 'idle idle idle cancelled', light: 'idle' })
  })

  test('the newest open pull request counts for the issue', () => {
    given(taken, pullRequestChanged({ state: 'merged' }))
      .when(pullRequestChanged({ number: 9, at: minutesAfterNine(8) }))
      .expectShown({ stages: 'idle idle idle review' })
  })

  test('a pull request that no longer closes the issue leaves the pipeline, with its runs', () => {
    const theirs = { branch: 'retry', closingIssues: [42], closingIssuesAt: minutesAfterNine(5) }
    const before = given(taken, pullRequestChanged(theirs), runChanged({ workflow: 'test.yml', branch: 'retry' }))
    before.when().expectShown({ stages: 'idle idle running review' })
    before.when(closesIssues([], minutesAfterNine(8))).expectShown({ stages: 'queued idle idle idle' })
  })
})
