// The state of a pull request and its start, and which of its reviews count.
import { expect, test } from 'vitest'
import { currentPullRequest, stateSince } from '../../../src/pipeline/facts/correlate.ts'
import {
  given,
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
} from '../../support/pipeline-fixtures.ts'

const taken = issueLabeled()
const opened = pullRequestChanged({ at: minutesAfterNine(1) })
const closed = (at: number) => pullRequestChanged({ at: minutesAfterNine(at), state: 'closed' }, 'closed')
const reopened = (at: number) => pullRequestChanged({ at: minutesAfterNine(at) }, 'reopened')

test('a pull request has its state since the last time it was closed or reopened', () => {
  const since = (...events: readonly ReturnType<typeof closed>[]) => {
    const pullRequest = currentPullRequest(pipelineAfter(taken, opened, ...events))
    return pullRequest && [pullRequest.state, stateSince(pullRequest)]
  }
  expect(since(closed(10))).toEqual(['closed', minutesAfterNine(10)])
  expect(since(closed(10), reopened(15))).toEqual(['open', minutesAfterNine(10)])
  expect(since(closed(10), reopened(15), closed(30))).toEqual(['closed', minutesAfterNine(30)])
  expect(since(closed(30), reopened(15), closed(10))).toEqual(['closed', minutesAfterNine(30)])
})

test("a dismissed verdict also withdraws the reviewer's earlier ones", () => {
  const approved = reviewChanged({ id: 500, at: minutesAfterNine(6) })
  const asked = reviewChanged({ id: 501, at: minutesAfterNine(8), state: 'changes_requested' })
  const dismissed = reviewChanged({ id: 501, at: minutesAfterNine(8), state: 'dismissed' })
  given(taken, opened, approved, asked, reviewerPermission('mara', true, minutesAfterNine(8)))
    .when(dismissed)
    .expectShown({ stages: 'idle idle idle review', reason: 'waits for a review by a maintainer' })
})
