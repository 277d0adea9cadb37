import { expect, test } from 'vitest'
import { reduce } from '../../../src/pipeline/reduce.ts'
import {
  closing,
  issueIs,
  jobIs,
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runIs,
} from '../../support/pipeline-fixtures.ts'

test('a whole story is told once, in words', () => {
  const events = [
    runIs({ workflow: 'plan.yml', title: '42/plan/1-k3v9x', conclusion: 'success' }),
    runIs({ id: 101, status: 'queued' }),
    runIs({ id: 101 }),
    jobIs({ runId: 101, step: 'tests', stepsKnown: 3, stepsDone: 1 }),
    runIs({ id: 101, conclusion: 'failure' }),
    runIs({ id: 101, runAttempt: 2 }),
    runIs({ id: 101, runAttempt: 2, conclusion: 'success' }),
    pullRequestIs(),
    reviewed({ state: 'changes_requested' }),
    mayWrite('mara'),
    pullRequestIs({ number: 8, branch: 'docs', closes: [42], closesAt: minute(8) }),
    closing([], minute(9), 8),
    pullRequestIs({ at: minute(10), state: 'merged' }, 'closed'),
    issueIs({ at: minute(11), state: 'closed', stateReason: 'completed', closedAt: minute(11) }, 'closed'),
  ]
  let pipeline = pipelineAfter(labelled())
  const toldTwice = [
    ...events,
    ...events.filter((event) => !('pullRequest' in event && event.pullRequest.number === 8)),
  ]
  const told = toldTwice.flatMap((event) => {
    const reduction = reduce(pipeline, event)
    pipeline = reduction.pipeline
    return reduction.entries.map(({ type, actor, text }) => `${type} ${actor ?? ''}| ${text}`)
  })
  expect(told).toMatchInlineSnapshot(`
    [
      "stage.done | plan: attempt 1 succeeded",
      "stage.queued | code: attempt 1 waits for a runner",
      "stage.running | code: attempt 1 runs",
      "stage.failed | code: attempt 1 failed",
      "stage.running | code: attempt 1 (re-run 1) runs",
      "stage.done | code: attempt 1 (re-run 1) succeeded",
      "pull_request.linked | pull request #7 is linked",
      "stage.review | review: waits for a review by a maintainer",
      "stage.idle | review: changes requested by mara",
      "pull_request.linked | pull request #8 is linked",
      "stage.review | review: waits for a review by a maintainer",
      "pull_request.unlinked | pull request #8 is no longer linked",
      "stage.idle | review: changes requested by mara",
      "stage.done | review: pull request #7 merged",
      "issue.closed olga| the issue was closed",
    ]
  `)
})
