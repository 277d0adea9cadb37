import type { PullRequestReview } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { ReviewFact } from '../pipeline/model/facts.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  id,
  optionalTimestamp,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  sha,
} from './fields.ts'
import { type PullRequestFields, pullRequestFactOf, pullRequestFields, pullRequestOfPayload } from './pull-request.ts'

type ReviewPayload = RepositoryPayload & {
  pull_request: PullRequestFields
  review: Pick<PullRequestReview, 'id' | 'state' | 'submitted_at'> & { user: Account; commit_id: string | null }
}

const schema: z.ZodType<ReviewPayload> = repositoryPayload.extend({
  pull_request: pullRequestFields,
  review: z.object({
    id,
    user: account,
    state: z.enum(['approved', 'changes_requested', 'commented', 'dismissed']),
    commit_id: sha.nullish().transform((commit) => commit ?? null),
    submitted_at: optionalTimestamp,
  }),
})

export function translatePullRequestReview(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(schema, payload)
  const submittedAt = port.review.submitted_at ?? port.pull_request.updated_at
  // A dismissal does not change `submitted_at`; only the pull request shows its time.
  const at = action === 'dismissed' ? port.pull_request.updated_at : submittedAt
  const evidence = evidenceOf(receipt, at)
  const review: ReviewFact = {
    id: port.review.id,
    reviewer: port.review.user.login,
    bot: port.review.user.type === 'Bot',
    state: port.review.state,
    commitSha: port.review.commit_id ?? port.pull_request.head.sha,
    submittedAt,
    evidence,
  }
  return {
    type: 'review.changed',
    at,
    evidence,
    repository: repositoryRefOf(port),
    pullRequest: pullRequestFactOf(
      pullRequestOfPayload(port.pull_request, port.repository.id),
      evidenceOf(receipt, port.pull_request.updated_at),
    ),
    review,
  }
}
