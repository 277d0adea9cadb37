// The stage without a workflow stands as the pull request does.
import type { PullRequestFact, ReviewFact } from './facts.ts'
import { best } from './order.ts'
import type { Evidence, Instant, Pipeline } from './pipeline.ts'
import type { Standing } from './settle.ts'

/** How the review stands; null while no pull request is linked. */
export function standingOfReview(pipeline: Pipeline): Standing | null {
  const pullRequest = pullRequestOf(pipeline)
  if (pullRequest === null) return null
  const { evidence, number } = pullRequest
  const since = stoodSince(pullRequest)
  if (pullRequest.state === 'merged') return over('done', `pull request #${number} merged`, since, evidence)
  if (pullRequest.state === 'closed')
    return over('cancelled', `pull request #${number} closed without merging`, since, evidence)
  if (pullRequest.draft) return over('idle', `pull request #${number} is a draft`, since, evidence)
  return standingOfVerdicts(pullRequest, since)
}

/** The pull request that speaks for the issue: the newest open one, else the newest merged, else the newest closed. */
export function pullRequestOf({ pullRequests }: Pipeline): PullRequestFact | null {
  const newest = (state: PullRequestFact['state']) => pullRequests.findLast((fact) => fact.state === state)
  return newest('open') ?? newest('merged') ?? newest('closed') ?? null
}

/** Reviews that wait for GitHub to say whether their author may write. */
export function uncountedReviews({ reviews, mayWrite }: PullRequestFact): readonly ReviewFact[] {
  return reviews.filter((review) => isVerdict(review) && (mayWrite[review.reviewer]?.at ?? '') < review.submittedAt)
}

function standingOfVerdicts(pullRequest: PullRequestFact, since: Instant): Standing {
  const verdicts = countedVerdicts(pullRequest)
  const objections = verdicts.filter(({ state }) => state === 'changes_requested')
  const standing = objections.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (standing !== undefined)
    return over('idle', `changes requested by ${standing.reviewer}`, standing.submittedAt, standing.evidence)
  const answered = objections.at(-1)
  if (answered !== undefined) return waitsFor(`another look by ${answered.reviewer}`, since, pullRequest.evidence)
  const approval = verdicts.at(-1)
  if (approval !== undefined)
    return over('done', `approved by ${approval.reviewer}`, approval.submittedAt, approval.evidence)
  return waitsFor('a review by a maintainer', since, pullRequest.evidence)
}

/** Each reviewer's newest verdict, oldest first; only of people who may write. */
function countedVerdicts({ reviews, mayWrite }: PullRequestFact): readonly ReviewFact[] {
  const newest = new Map<string, ReviewFact>()
  for (const review of reviews) {
    if (!isVerdict(review) || mayWrite[review.reviewer]?.granted !== true) continue
    const other = newest.get(review.reviewer) ?? review
    newest.set(
      review.reviewer,
      best(other, review, ({ submittedAt, id }) => [submittedAt, id]),
    )
  }
  return [...newest.values()].sort((a, b) => (best(a, b, ({ submittedAt, id }) => [submittedAt, id]) === a ? 1 : -1))
}

function isVerdict({ bot, state }: ReviewFact): boolean {
  return !bot && (state === 'approved' || state === 'changes_requested')
}

function stoodSince({ sightings, state, draft, headSha, updatedAt }: PullRequestFact): Instant {
  const stood = sightings.find((seen) => seen.state === state && seen.draft === draft && seen.headSha === headSha)
  return stood?.firstAt ?? updatedAt
}

function over(status: 'done' | 'cancelled' | 'idle', reason: string, since: Instant, evidence: Evidence): Standing {
  return { status, reason, waiting: null, since, evidence }
}

function waitsFor(awaited: string, since: Instant, evidence: Evidence): Standing {
  return { status: 'review', reason: `waits for ${awaited}`, waiting: { for: awaited, until: null }, since, evidence }
}
