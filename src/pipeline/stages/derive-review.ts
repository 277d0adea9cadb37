// The stage without a workflow stands as the pull request does.

import { pullRequestOf, stoodSince } from '../facts/current-pull-request.ts'
import type { Evidence } from '../model/evidence.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import type { Standing } from './derived-stage.ts'
import { roundsOf } from './triggers.ts'
import { countedReviews, newestVerdicts, type Objection } from './verdicts.ts'

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
  return standingOfVerdicts(pipeline, pullRequest, since)
}

function standingOfVerdicts(pipeline: Pipeline, pullRequest: PullRequestFact, since: Instant): Standing {
  // As GitHub has it: a verdict that was dismissed is still its reviewer's newest, and takes back those before it.
  const dismissed = pullRequest.reviews.filter(({ state }) => state === 'dismissed')
  const newest = newestVerdicts([...countedReviews(pullRequest, pipeline.line), ...dismissed])
  const verdicts = newest.filter(({ state }) => state !== 'dismissed')
  const objections = verdicts.filter(({ state }) => state === 'changes_requested')
  const standing = objections.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (standing !== undefined) return standingOfObjection(pipeline, standing)
  const answered = objections.at(-1)
  if (answered !== undefined) return waitsFor(`another look by ${answered.reviewer}`, since, pullRequest.evidence)
  const approval = verdicts.at(-1)
  if (approval !== undefined)
    return over('done', `approved by ${approval.reviewer}`, approval.submittedAt, approval.evidence)
  return waitsFor('a review by a maintainer', since, pullRequest.evidence)
}

/** Where Andon runs the line, it goes back to be reworked, as often as that is allowed; then a person is needed. */
function standingOfObjection(pipeline: Pipeline, { commitSha, reviewer, submittedAt, evidence }: ReviewFact): Standing {
  const { allowed, refused } = roundsOf(pipeline)
  const words = `changes requested by ${reviewer}`
  const { rework } = pipeline.line
  const round = allowed.toSorted(bySubmission).findIndex(({ sha }) => sha === commitSha) + 1
  if (round > 0) return over('idle', `${words}, round ${round} of ${rework}`, submittedAt, evidence)
  if (!refused.some(({ sha }) => sha === commitSha)) return over('idle', words, submittedAt, evidence)
  const used = rework === 0 ? 'no rework is allowed' : `${rework} of ${rework} rounds are used`
  return over('failed', `${words}; ${used}, a person is needed`, submittedAt, evidence)
}

function bySubmission(a: Objection, b: Objection): number {
  return a.submittedAt === b.submittedAt ? (a.sha < b.sha ? -1 : 1) : a.submittedAt < b.submittedAt ? -1 : 1
}

function over(
  status: 'done' | 'cancelled' | 'idle' | 'failed',
  reason: string,
  since: Instant,
  evidence: Evidence,
): Standing {
  return { status, reason, waiting: null, since, evidence }
}

function waitsFor(awaited: string, since: Instant, evidence: Evidence): Standing {
  return { status: 'review', reason: `waits for ${awaited}`, waiting: { for: awaited, until: null }, since, evidence }
}
