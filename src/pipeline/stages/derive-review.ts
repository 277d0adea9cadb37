// The stage without a workflow stands as the pull request does.
import { currentPullRequest, stateSince } from '../facts/current-pull-request.ts'
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
  const { number, evidence, draft } = pullRequest
  const since = stateSince(pullRequest)
  const state = pullRequest.state === 'open' && draft ? 'draft' : pullRequest.state
  if (state === 'open') return deriveFromVerdicts(pipeline, pullRequest, since)
  return { status: STATUS_OF_STATE[state], reason: { kind: 'pull-request', number, state }, since, evidence }
}

const STATUS_OF_STATE = { merged: 'done', closed: 'cancelled', draft: 'idle' } as const

function deriveFromVerdicts(pipeline: Pipeline, pullRequest: PullRequestFact, since: Instant): DerivedStage {
  // As GitHub has it: a verdict that was dismissed is still its reviewer's newest, and takes back those before it.
  const dismissed = pullRequest.reviews.filter(({ state }) => state === 'dismissed')
  const newest = newestVerdicts([...authorizedReviews(pullRequest, pipeline.line), ...dismissed])
  const verdicts = newest.filter(({ state }) => state !== 'dismissed')
  const objections = verdicts.filter(({ state }) => state === 'changes_requested')
  const current = objections.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (current !== undefined) return deriveFromChangeRequest(pipeline, current)
  const reviewer = objections.at(-1)?.reviewer ?? null
  const approval = reviewer === null ? verdicts.at(-1) : undefined
  if (approval === undefined)
    return { status: 'review', reason: { kind: 'waits-for-review', reviewer }, since, evidence: pullRequest.evidence }
  const { submittedAt, evidence } = approval
  return {
    status: 'done',
    reason: { kind: 'review-approved', reviewer: approval.reviewer },
    since: submittedAt,
    evidence,
  }
}

/** Where Andon runs the line, it goes back to be reworked, as often as that is allowed; then a person is needed. */
function deriveFromChangeRequest(
  pipeline: Pipeline,
  { commitSha, reviewer, submittedAt: since, evidence }: ReviewFact,
): DerivedStage {
  const { allowed, refused } = reworkRoundsOf(pipeline)
  const { rework } = pipeline.line
  if (refused.some(({ sha }) => sha === commitSha))
    return { status: 'failed', reason: { kind: 'rework-used-up', reviewer, rework }, since, evidence }
  const round = allowed.toSorted(bySubmittedAt).findIndex(({ sha }) => sha === commitSha) + 1 || null
  return { status: 'idle', reason: { kind: 'changes-requested', reviewer, round, rework }, since, evidence }
}

function bySubmittedAt(a: ChangeRequest, b: ChangeRequest): number {
  return a.submittedAt === b.submittedAt ? (a.sha < b.sha ? -1 : 1) : a.submittedAt < b.submittedAt ? -1 : 1
}
