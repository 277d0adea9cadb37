import { expect, test } from 'vitest'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { asks } from '../../../src/pipeline/stages/questions-to-ask.ts'
import {
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runIs,
} from '../../support/pipeline-fixtures.ts'

const asked = (known: Parameters<typeof reviewed>[0], ...before: Parameters<typeof pipelineAfter>) =>
  reduce(pipelineAfter(...before), reviewed(known)).effects.map(({ key }) => key)

test('whenever links may have changed, GitHub is asked which issues the pull request closes', () => {
  for (const action of ['opened', 'edited', 'synchronize', 'reopened', 'closed'])
    expect(asks(pullRequestIs({}, action))).toEqual([
      {
        type: 'ask',
        key: `pull_request/7/${action}/${minute(5)}`,
        question: { about: 'pull_request', pullRequestNumber: 7 },
      },
    ])
  expect(asks(pullRequestIs({}, 'ready_for_review'))).toEqual([])
  expect(asks(runIs())).toEqual([])
})

test("a verdict makes us ask for its author's permission once", () => {
  const before = [labelled(), pullRequestIs()] as const
  expect(asked({}, ...before)).toEqual(['permission/7/mara/500'])
  expect(asked({}, ...before, reviewed())).toEqual([])
  expect(asked({ id: 501 }, ...before, reviewed(), mayWrite('mara'))).toEqual([])
})

test('a verdict later than the answer makes us ask again', () => {
  expect(asked({ id: 501, at: minute(9) }, labelled(), pullRequestIs(), reviewed(), mayWrite('mara'))).toEqual([
    'permission/7/mara/501',
  ])
})

test('nobody is asked about comments, bots and dismissed reviews', () => {
  const before = [labelled(), pullRequestIs()] as const
  expect(asked({ state: 'commented' }, ...before)).toEqual([])
  expect(asked({ bot: true }, ...before)).toEqual([])
  expect(asked({ state: 'dismissed' }, ...before)).toEqual([])
})

test('a pull request that is linked with its reviews makes us ask about them', () => {
  const { pullRequest } = reviewed()
  const linked = { ...pullRequestIs(), pullRequest: { ...pullRequest, reviews: [reviewed().review] } }
  expect(reduce(pipelineAfter(labelled()), linked).effects.map(({ key }) => key)).toEqual(['permission/7/mara/500'])
})
