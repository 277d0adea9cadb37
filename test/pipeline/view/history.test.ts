import { expect, test } from 'vitest'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { entryInWords } from '../../support/in-words.ts'
import {
  closesIssues,
  issueChanged,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
} from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

test('the history tells a whole pipeline in words, each entry once', () => {
  const events = [
    runChanged({ workflow: 'plan.yml', title: '42/plan/1-k3v9x', conclusion: 'success' }),
    runChanged({ id: 101, status: 'queued' }),
    runChanged({ id: 101 }),
    jobChanged({ runId: 101, step: 'tests', stepsTotal: 3, stepsCompleted: 1 }),
    runChanged({ id: 101, conclusion: 'failure' }),
    runChanged({ id: 101, runAttempt: 2 }),
    runChanged({ id: 101, runAttempt: 2, conclusion: 'success' }),
    pullRequestChanged(),
    reviewChanged({ state: 'changes_requested' }),
    reviewerPermission('mara'),
    pullRequestChanged({ number: 8, branch: 'docs', closingIssues: [42], closingIssuesAt: minutesAfterNine(8) }),
    closesIssues([], minutesAfterNine(9), 8),
    pullRequestChanged({ at: minutesAfterNine(10), state: 'merged' }, 'closed'),
    issueChanged(
      { at: minutesAfterNine(11), state: 'closed', stateReason: 'completed', closedAt: minutesAfterNine(11) },
      'closed',
    ),
  ]
  let pipeline = pipelineAfter(issueLabeled())
  const eventsTwice = [
    ...events,
    ...events.filter((event) => !('pullRequest' in event && event.pullRequest.number === 8)),
  ]
  const entries = eventsTwice.flatMap((event) => {
    const reduction = reduce(pipeline, event)
    pipeline = reduction.pipeline
    return reduction.entries.map(entryInWords).map(({ type, actor, text }) => `${type} ${actor ?? ''}| ${text}`)
  })
  expect(entries).toMatchInlineSnapshot(`
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

test('the steps of a run add no history, even beside a cancelled attempt', () => {
  const line = startedPipeline()
  const first = line.admit(minutesAfterNine(1)) ?? ''
  line.apply(dispatchConfirmed(first, 100, minutesAfterNine(1)), dispatchedRunChanged(first, 100))
  runCommand(line, '/andon cancel plan', minutesAfterNine(3))
  line.apply(dispatchedRunChanged(first, 100, { conclusion: 'cancelled', updatedAt: minutesAfterNine(4) }))
  runCommand(line, '/andon retry plan', minutesAfterNine(5))
  const second = line.admit(minutesAfterNine(6)) ?? ''
  line.apply(dispatchConfirmed(second, 101, minutesAfterNine(6)), dispatchedRunChanged(second, 101))
  const entries = line.entries.length
  for (const stepsCompleted of [1, 2, 3])
    line.apply(jobChanged({ runId: 101, status: 'in_progress', stepsCompleted, at: minutesAfterNine(7) }))
  expect(line.stage('plan').reason).toMatch(/^attempt 2 of 4, job /)
  expect(line.entries).toHaveLength(entries)
})

function runCommand(line: PipelineHarness, body: string, at: Instant): void {
  const given = commentCreated(body, { at, commentId: Date.parse(at) / 1000 })
  line.apply(given, commandPermission(given))
}
