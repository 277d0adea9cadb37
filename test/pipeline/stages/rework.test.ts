// Reviews send a pipeline back to `code`. Each test is a row of the transition table in docs/reference/transitions.md.
import { expect, test } from 'vitest'
import { stageReadyForAdmission } from '../../../src/pipeline/stages/attempt-events.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { headlineInWords } from '../../support/in-words.ts'
import {
  issueChanged,
  minutesAfterNine,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
} from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  DISPATCHING_LINE,
  dispatchResult,
  lineWith,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'
import { refusal } from '../../support/reasons.ts'

/** A pipeline that reached its review by minute 10. */
function inReview(line = DISPATCHING_LINE): PipelineHarness {
  const floor = startedPipeline(line)
  for (const id of [100, 101, 102]) floor.completeAttempt(minutesAfterNine(id - 98), id)
  return floor.apply(pullRequestChanged({ at: minutesAfterNine(8) }))
}

function changesRequested(nth: number, at: number, sha: string, reviewer = 'mara') {
  const review = {
    id: 500 + nth,
    at: minutesAfterNine(at),
    state: 'changes_requested',
    commitSha: sha,
    reviewer,
  } as const
  return reviewChanged(review, { headSha: sha })
}

function push(at: number, headSha: string, replaced: string) {
  return pullRequestChanged({ at: minutesAfterNine(at), headSha, replacedShas: [replaced] }, 'synchronize')
}

test('a request for changes sends the pipeline back to code', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  expect(line.statuses()).toBe('done queued idle idle')
  expect(line.stage('code').reason).toBe('attempt 2 of 4 waits for a slot')
  expect(line.stage('test').reason).toBe('runs again after code')
  expect(line.stage('review').reason).toBe('changes requested by mara, round 1 of 2')
  line.admit(minutesAfterNine(12))
  expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'queued', stage: 'code' })
})

test('reworked code is tested again and reviewed again', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.completeAttempt(minutesAfterNine(12), 103)
  expect(line.statuses()).toBe('done done queued idle')
  line.apply(push(13, 'bbb2', 'bbb1')).completeAttempt(minutesAfterNine(14), 104)
  expect(line.statuses()).toBe('done done done review')
  expect(line.stage('review').reason).toBe('waits for another review by mara')
  line.apply(reviewChanged({ id: 510, at: minutesAfterNine(15), commitSha: 'bbb2' }, { headSha: 'bbb2' }))
  expect(line.stage('review').status).toBe('review')
  line.apply(reviewerPermission('mara', true, minutesAfterNine(15)))
  expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'done', reason: 'approved by mara' })
  expect(line.admit(minutesAfterNine(600))).toBeNull()
})

test('a reviewer who has lost write permission sends nothing back', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara', true, minutesAfterNine(11)))
  line.completeAttempt(minutesAfterNine(12), 103)
  line.apply(push(13, 'bbb2', 'bbb1')).completeAttempt(minutesAfterNine(14), 104)
  line.apply(changesRequested(1, 15, 'bbb2'))
  expect(line.admit(minutesAfterNine(15))).toBeNull()
  line.apply(reviewerPermission('mara', false, minutesAfterNine(16)))
  expect(line.admit(minutesAfterNine(600))).toBeNull()
  expect(line.statuses()).toBe('done done done review')
})

test('a stage whose rework was refused needs a person, even if the next stage was done before', () => {
  const line = startedPipeline(lineWith({ code: { attempts: 1 }, test: { observe: true } }))
  line.completeAttempt(minutesAfterNine(2), 100)
  line.completeAttempt(minutesAfterNine(3), 101)
  line.apply(
    runChanged({
      id: 102,
      workflow: 'test.yml',
      at: minutesAfterNine(4),
      startedAt: minutesAfterNine(4),
      conclusion: 'success',
    }),
  )
  line.apply(
    pullRequestChanged({ at: minutesAfterNine(8) }),
    changesRequested(0, 11, 'bbb1'),
    reviewerPermission('mara'),
  )
  expect(line.statuses()).toBe('done queued done idle')
  const key = line.admit(minutesAfterNine(12))!
  line.apply(dispatchResult(key, { state: 'refused', reason: refusal('Not Found') }, minutesAfterNine(12)))
  expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'failed', stage: 'code' })
  expect(needsYouAt(line.pipeline)).not.toBeNull()
})

test('several requests for changes on one head are one round', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.completeAttempt(minutesAfterNine(12), 103)
  line.apply(changesRequested(1, 13, 'bbb1', 'noor'), reviewerPermission('noor'), changesRequested(2, 14, 'bbb1'))
  expect(line.statuses()).toBe('done done queued idle')
})

test('after the allowed rounds a person is needed', () => {
  const line = inReview(lineWith({}, { rework: 1 })).apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.completeAttempt(minutesAfterNine(12), 103)
  line.apply(push(13, 'bbb2', 'bbb1')).completeAttempt(minutesAfterNine(14), 104)
  line.apply(changesRequested(1, 15, 'bbb2'), reviewerPermission('mara', true, minutesAfterNine(15)))
  expect(line.statuses()).toBe('done done done failed')
  expect(headlineInWords(line.pipeline)).toMatchObject({
    light: 'failed',
    stage: 'review',
    reason: 'changes requested by mara; 1 of 1 rounds are used, a person is needed',
  })
  expect(needsYouAt(line.pipeline)).toBe(minutesAfterNine(15))
  expect(line.admit(minutesAfterNine(600))).toBeNull()
})

test("a person's push after the last round is reviewed again", () => {
  const line = inReview(lineWith({}, { rework: 0 })).apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  expect(line.stage('review').reason).toBe('changes requested by mara; no rework is allowed, a person is needed')
  line.apply(push(13, 'bbb2', 'bbb1'))
  expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'review', reason: 'waits for another review by mara' })
})

test('a request for changes that is withdrawn before its round starts sends nothing back', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.apply(reviewChanged({ id: 500, at: minutesAfterNine(12), state: 'dismissed' }))
  expect(line.statuses()).toBe('done done done review')
  expect(line.admit(minutesAfterNine(600))).toBeNull()
})

test('a round that has started continues when its request for changes is withdrawn', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.admit(minutesAfterNine(12))
  line.apply(reviewChanged({ id: 500, at: minutesAfterNine(12), state: 'dismissed' }))
  expect(line.statuses()).toBe('done queued idle review')
})

test('a bot that the file names may request changes, any other may not', () => {
  const bot = { bot: true, at: minutesAfterNine(11), state: 'changes_requested', commitSha: 'bbb1' } as const
  const line = inReview(lineWith({}, { bots: ['copilot[bot]'] }))
  line.apply(reviewChanged({ ...bot, id: 501, reviewer: 'stranger[bot]' }))
  expect(line.statuses()).toBe('done done done review')
  line.apply(reviewChanged({ ...bot, id: 502, reviewer: 'Copilot[bot]' }))
  expect(line.statuses()).toBe('done queued idle idle')
  expect(line.effectKeys('ask').filter((key) => key.startsWith('permission/7/'))).toEqual([])
})

test('where code is observed, a request for changes is only shown', () => {
  const watched = startedPipeline(
    lineWith({ plan: { observe: true }, code: { observe: true }, test: { observe: true } }),
  )
  watched.apply(
    pullRequestChanged({ at: minutesAfterNine(8) }),
    changesRequested(0, 11, 'bbb1'),
    reviewerPermission('mara'),
  )
  expect(watched.stage('review').reason).toBe('changes requested by mara')
  expect(stageReadyForAdmission(watched.pipeline, minutesAfterNine(60))).toBeNull()
})

test('closing a pull request without a merge cancels what is queued, and reopening queues it again', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.apply(pullRequestChanged({ at: minutesAfterNine(12), state: 'closed' }, 'closed'))
  expect(line.statuses()).toBe('done cancelled idle cancelled')
  expect(line.stage('code').reason).toBe('called off: pull request #7 was closed without merging')
  expect(line.admit(minutesAfterNine(600))).toBeNull()
  line.apply(pullRequestChanged({ at: minutesAfterNine(14) }, 'reopened'))
  expect(line.admit(minutesAfterNine(15))).toBe(attemptKeyOf('code', 2))
})

test('a merge cancels what is queued', () => {
  const line = inReview().apply(changesRequested(0, 11, 'bbb1'), reviewerPermission('mara'))
  line.apply(pullRequestChanged({ at: minutesAfterNine(12), state: 'merged' }, 'closed'))
  expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  expect(line.admit(minutesAfterNine(600))).toBeNull()
})

test('closing an issue cancels what is queued, and reopening queues it again', () => {
  const line = startedPipeline()
  line.completeAttempt(minutesAfterNine(1), 100)
  line.apply(
    issueChanged(
      { at: minutesAfterNine(5), state: 'closed', stateReason: 'not_planned', closedAt: minutesAfterNine(5) },
      'closed',
    ),
  )
  expect(line.statuses()).toBe('done cancelled idle idle')
  expect(line.admit(minutesAfterNine(600))).toBeNull()
  line.apply(issueChanged({ at: minutesAfterNine(6), stateReason: 'reopened' }, 'reopened'))
  expect(line.admit(minutesAfterNine(7))).toBe(attemptKeyOf('code', 1))
})
