import type { PullRequestReview } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { ReviewFact } from '../pipeline/model/facts.ts'
import {
  evidence,
  type Here,
  here,
  id,
  moment,
  type Person,
  person,
  type Receipt,
  read,
  repositoryRef,
  sha,
} from './fields.ts'
import { type PullRequestPort, pullRequest, pullRequestFact } from './pull-request.ts'

type ReviewEventPort = Here & {
  pull_request: PullRequestPort
  review: Pick<PullRequestReview, 'id' | 'state' | 'submitted_at'> & { user: Person; commit_id: string | null }
}

const schema: z.ZodType<ReviewEventPort> = here.extend({
  pull_request: pullRequest,
  review: z.object({
    id,
    user: person,
    state: z.enum(['approved', 'changes_requested', 'commented', 'dismissed']),
    commit_id: sha.nullish().transform((commit) => commit ?? null),
    submitted_at: moment.nullish().transform((at) => at ?? null),
  }),
})

export function translatePullRequestReview(action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(schema, payload)
  const submittedAt = port.review.submitted_at ?? port.pull_request.updated_at
  // A dismissal leaves `submitted_at` as it was; only the pull request knows when it happened.
  const at = action === 'dismissed' ? port.pull_request.updated_at : submittedAt
  const told = { at, evidence: evidence(receipt, at) }
  const review: ReviewFact = {
    id: port.review.id,
    reviewer: port.review.user.login,
    bot: port.review.user.type === 'Bot',
    state: port.review.state,
    commitSha: port.review.commit_id ?? port.pull_request.head.sha,
    submittedAt,
    evidence: told.evidence,
  }
  return {
    type: 'review.changed',
    ...told,
    repository: repositoryRef(port),
    pullRequest: pullRequestFact(
      port.pull_request,
      port.repository.id,
      evidence(receipt, port.pull_request.updated_at),
    ),
    review,
  }
}
