// Which reviews count: verdicts of people of whom GitHub has said that they may write, and of bots that the repository's
// file names.
import type { Line } from '../../line/line.ts'
import { currentPullRequests } from '../facts/current-pull-request.ts'
import { greatest } from '../facts/total-order.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import { isAllowedBot } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** Reviews that wait for GitHub to say whether their author may write. Of bots the repository's file has said it. */
export function unverifiedReviews({ reviews, writePermissions }: PullRequestFact): readonly ReviewFact[] {
  return reviews.filter(
    (review) => !review.bot && isVerdict(review) && (writePermissions[review.reviewer]?.at ?? '') < review.submittedAt,
  )
}

/** Changes requested, by the head they were requested of: however many ask for it, one head is reworked once. */
export type ChangeRequest = { readonly sha: string } & Pick<ReviewFact, 'reviewer' | 'submittedAt' | 'evidence'>

/** Every head of a linked pull request that was objected to by somebody who counts, oldest objection first. */
export function changeRequestsOf(pipeline: Pipeline): readonly ChangeRequest[] {
  const objections = new Map<string, ChangeRequest>()
  const asked = currentPullRequests(pipeline).flatMap((pullRequest) => authorizedReviews(pullRequest, pipeline.line))
  for (const { commitSha: sha, state, reviewer, submittedAt, evidence } of asked.toSorted(byTime)) {
    if (state === 'changes_requested' && !objections.has(sha))
      objections.set(sha, { sha, reviewer, submittedAt, evidence })
  }
  return [...objections.values()]
}

/** Each reviewer's newest verdict, oldest first. */
export function newestVerdicts(verdicts: readonly ReviewFact[]): readonly ReviewFact[] {
  const newest = new Map<string, ReviewFact>()
  for (const review of verdicts) {
    const other = newest.get(review.reviewer) ?? review
    newest.set(
      review.reviewer,
      greatest(other, review, ({ submittedAt, id }) => [submittedAt, id]),
    )
  }
  return [...newest.values()].sort(byTime)
}

/**
 * Verdicts of people who may write, and of bots that the repository's file names. What GitHub said of somebody before the
 * verdict counts for nothing: they may have lost it since.
 */
export function authorizedReviews({ reviews, writePermissions }: PullRequestFact, line: Line): readonly ReviewFact[] {
  return reviews.filter((review) => {
    if (!isVerdict(review)) return false
    if (review.bot) return isAllowedBot(line, review.reviewer)
    const permission = writePermissions[review.reviewer]
    return permission?.granted === true && permission.at >= review.submittedAt
  })
}

function isVerdict({ state }: ReviewFact): boolean {
  return state === 'approved' || state === 'changes_requested'
}

function byTime(a: ReviewFact, b: ReviewFact): number {
  return greatest(a, b, ({ submittedAt, id }) => [submittedAt, id]) === a ? 1 : -1
}
