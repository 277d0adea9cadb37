// Since when a pull request stands as it does, and which of its reviews do.
import { expect, test } from 'vitest'
import { pullRequestOf, stoodSince } from '../../../src/pipeline/facts/current-pull-request.ts'
import {
  given,
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
} from '../../support/pipeline-fixtures.ts'

const taken = labelled()
const opened = pullRequestIs({ at: minute(1) })
const closed = (at: number) => pullRequestIs({ at: minute(at), state: 'closed' }, 'closed')
const reopened = (at: number) => pullRequestIs({ at: minute(at) }, 'reopened')

test('a pull request that was closed again stands so since then, and reopened since it was closed', () => {
  const since = (...events: readonly ReturnType<typeof closed>[]) => {
    const pullRequest = pullRequestOf(pipelineAfter(taken, opened, ...events))
    return pullRequest && [pullRequest.state, stoodSince(pullRequest)]
  }
  expect(since(closed(10))).toEqual(['closed', minute(10)])
  expect(since(closed(10), reopened(15))).toEqual(['open', minute(10)])
  expect(since(closed(10), reopened(15), closed(30))).toEqual(['closed', minute(30)])
  expect(since(closed(30), reopened(15), closed(10))).toEqual(['closed', minute(30)])
})

test('a dismissed verdict takes back those that its reviewer gave before', () => {
  const approved = reviewed({ id: 500, at: minute(6) })
  const asked = reviewed({ id: 501, at: minute(8), state: 'changes_requested' })
  const dismissed = reviewed({ id: 501, at: minute(8), state: 'dismissed' })
  given(taken, opened, approved, asked, mayWrite('mara', true, minute(8)))
    .when(dismissed)
    .shows({ stages: 'idle idle idle review', reason: 'waits for a review by a maintainer' })
})
