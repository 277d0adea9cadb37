// The stage without a workflow stands as the pull request does.

import { currentPullRequest, stateSince } from '../facts/current-pull-request.ts'
import type { Evidence } from '../model/evidence.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import type { DerivedStage } from './derived-stage.ts'
import { reworkRoundsOf } from './triggers.ts'
import { authorizedReviews, type ChangeRequest, newestVerdicts } from './verdicts.ts'

/** How the review stands; null while no pull request is linked. */
export function deriveReview(pipeline: Pipeline): DerivedStage | null {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest === null) return null
  const { evidence, number } = pullRequest
  const since = stateSince(pullRequest)
  if (pullRequest.state === 'merged') return finishedReview('done', `pull request #${number} merged`, since, evidence)
  if (pullRequest.state === 'closed')
    return finishedReview('cancelled', `pull request #${number} closed without merging`, since, evidence)
  if (pullRequest.draft) return finishedReview('idle', `pull request #${number} is a draft`, since, evidence)
  return deriveFromVerdicts(pipeline, pullRequest, since)
}

function deriveFromVerdicts(pipeline: Pipeline, pullRequest: PullRequestFact, since: Instant): DerivedStage {
  // As GitHub has it: a verdict that was dismissed is still its reviewer's newest, and takes back those before it.
  const dismissed = pullRequest.reviews.filter(({ state }) => state === 'dismissed')
  const newest = newestVerdicts([...authorizedReviews(pullRequest, pipeline.line), ...dismissed])
  const verdicts = newest.filter(({ state }) => state !== 'dismissed')
  const objections = verdicts.filter(({ state }) => state === 'changes_requested')
  const standing = objections.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (standing !== undefined) return deriveFromChangeRequest(pipeline, standing)
  const answered = objections.at(-1)
  if (answered !== undefined)
    return waitingForReview(`another look by ${answered.reviewer}`, since, pullRequest.evidence)
  const approval = verdicts.at(-1)
  if (approval !== undefined)
    return finishedReview('done', `approved by ${approval.reviewer}`, approval.submittedAt, approval.evidence)
  return waitingForReview('a review by a maintainer', since, pullRequest.evidence)
}

/** Where Andon runs the line, it goes back to be reworked, as often as that is allowed; then a person is needed. */
function deriveFromChangeRequest(
  pipeline: Pipeline,
  { commitSha, reviewer, submittedAt, evidence }: ReviewFact,
): DerivedStage {
  const { allowed, refused } = reworkRoundsOf(pipeline)
  const words = `changes requested by ${reviewer}`
  const { rework } = pipeline.line
  const round = allowed.toSorted(bySubmittedAt).findIndex(({ sha }) => sha === commitSha) + 1
  if (round > 0) return finishedReview('idle', `${words}, round ${round} of ${rework}`, submittedAt, evidence)
  if (!refused.some(({ sha }) => sha === commitSha)) return finishedReview('idle', words, submittedAt, evidence)
  const used = rework === 0 ? 'no rework is allowed' : `${rework} of ${rework} rounds are used`
  return finishedReview('failed', `${words}; ${used}, a person is needed`, submittedAt, evidence)
}

function bySubmittedAt(a: ChangeRequest, b: ChangeRequest): number {
  return a.submittedAt === b.submittedAt ? (a.sha < b.sha ? -1 : 1) : a.submittedAt < b.submittedAt ? -1 : 1
}

function finishedReview(
  status: 'done' | 'cancelled' | 'idle' | 'failed',
  reason: string,
  since: Instant,
  evidence: Evidence,
): DerivedStage {
  return { status, reason, waiting: null, since, evidence }
}

function waitingForReview(awaited: string, since: Instant, evidence: Evidence): DerivedStage {
  return { status: 'review', reason: `waits for ${awaited}`, waiting: { for: awaited, until: null }, since, evidence }
}
