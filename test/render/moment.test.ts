import { expect, test } from 'vitest'
import { momentOf } from '../../src/render/moment.ts'
import {
  deliveryEvidence,
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestFact,
} from '../support/pipeline-fixtures.ts'
import { IN_REVIEW } from '../support/reasons.ts'

test('a review leads to the pull request that decides, not to a stranger’s that was opened before it', () => {
  const stranger = { number: 5, author: 'mallory', bot: false, branch: 'mallory:better', url: 'https://github.com/x/5' }
  const pullRequests = [pullRequestFact(stranger), pullRequestFact({ number: 7 })]
  const pipeline = { ...pipelineAfter(issueLabeled()), pullRequests }
  const at = minutesAfterNine(5)
  const stage = { name: 'review', attempt: null, status: 'review', reason: IN_REVIEW } as const
  const moment = momentOf(pipeline, {
    ...{ at, type: 'pull_request.changed', actor: null, evidence: deliveryEvidence(at) },
    change: { kind: 'stage', stage, since: null },
  })
  expect(moment.link?.word).toBe('pull request #7')
})
