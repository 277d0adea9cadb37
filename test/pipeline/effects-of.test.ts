import { expect, test } from 'vitest'
import { askClosingIssues } from '../../src/advance/advance.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import {
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
} from '../support/pipeline-fixtures.ts'

const asked = (known: Parameters<typeof reviewChanged>[0], ...before: Parameters<typeof pipelineAfter>) =>
  reduce(pipelineAfter(...before), reviewChanged(known)).effects.map(({ key }) => key)

test('GitHub is asked which issues a pull request closes whenever its links may have changed', () => {
  for (const action of ['opened', 'edited', 'synchronize', 'ready_for_review', 'reopened', 'closed'])
    expect(askClosingIssues(pullRequestChanged({}, action))).toEqual([
      {
        type: 'ask',
        key: `pull_request/7/${action}/${minutesAfterNine(5)}`,
        question: { about: 'pull_request', pullRequestNumber: 7 },
      },
    ])
  expect(askClosingIssues(runChanged())).toEqual([])
})

test('GitHub is asked again, once a minute, at everything about a pull request that closes no issue yet', () => {
  const unlinked = { branch: 'feature', closingIssues: null }
  for (const event of [pullRequestChanged(unlinked, 'converted_to_draft'), reviewChanged({}, unlinked)])
    expect(askClosingIssues(event)).toMatchObject([{ key: `pull_request/7/${event.at.slice(0, 16)}` }])
  const linked = { branch: 'feature', closingIssues: [42] }
  expect(askClosingIssues(pullRequestChanged(linked, 'converted_to_draft'))).toEqual([])
  expect(askClosingIssues(reviewChanged({}, linked))).toEqual([])
})

test("a verdict asks for its reviewer's permission once", () => {
  const before = [issueLabeled(), pullRequestChanged()] as const
  expect(asked({}, ...before)).toEqual(['permission/7/mara/500'])
  expect(asked({}, ...before, reviewChanged())).toEqual([])
  expect(asked({ id: 501 }, ...before, reviewChanged(), reviewerPermission('mara'))).toEqual([])
})

test('a verdict that is newer than the answer asks again', () => {
  expect(
    asked(
      { id: 501, at: minutesAfterNine(9) },
      issueLabeled(),
      pullRequestChanged(),
      reviewChanged(),
      reviewerPermission('mara'),
    ),
  ).toEqual(['permission/7/mara/501'])
})

test('however often they review, there is one question about a reviewer at a time', () => {
  const before = [issueLabeled(), pullRequestChanged(), reviewChanged()] as const
  expect(asked({ id: 501 }, ...before)).toEqual([])
})

test('of many reviewers twenty are asked about at once, and another once one is answered', () => {
  const { pullRequest } = reviewChanged()
  const reviews = Array.from({ length: 30 }, (_, index) => {
    return reviewChanged({ id: 500 + index, reviewer: `visitor-${index}` }).review
  })
  const linked = { ...pullRequestChanged(), pullRequest: { ...pullRequest, reviews } }
  const { pipeline, effects } = reduce(pipelineAfter(issueLabeled()), linked)
  expect(effects.filter(({ key }) => key.startsWith('permission/'))).toHaveLength(20)
  const answered = reduce(pipeline, reviewerPermission('visitor-0'))
  expect(answered.effects.map(({ key }) => key)).toEqual(['permission/7/visitor-20/520'])
})

test('comments, bots and dismissed reviews ask nothing', () => {
  const before = [issueLabeled(), pullRequestChanged()] as const
  expect(asked({ state: 'commented' }, ...before)).toEqual([])
  expect(asked({ bot: true }, ...before)).toEqual([])
  expect(asked({ state: 'dismissed' }, ...before)).toEqual([])
})

test('a pull request that is linked after its reviews asks about their reviewers', () => {
  const { pullRequest } = reviewChanged()
  const linked = { ...pullRequestChanged(), pullRequest: { ...pullRequest, reviews: [reviewChanged().review] } }
  expect(reduce(pipelineAfter(issueLabeled()), linked).effects.map(({ key }) => key)).toEqual(['permission/7/mara/500'])
})
