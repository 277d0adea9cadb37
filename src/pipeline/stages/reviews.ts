// Which reviews count, how often changes requested lead to rework, and how the stage without a workflow follows the pull
// request. A verdict counts if GitHub has said that its author may write, or if the repository's file names the bot.
import type { Line } from '../../line/line.ts'
import { currentPullRequest, currentPullRequests, stateSince } from '../facts/current-pull-request.ts'
import { greatest } from '../facts/total-order.ts'
import type { PullRequestFact, ReviewFact } from '../model/facts.ts'
import { isAllowedBot, reworkStage } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { admittedAttempts } from './attempts.ts'
import type { DerivedStage } from './derive-from-attempt.ts'
import { startAuthorization } from './pipeline-start.ts'

/** Verdicts that wait for GitHub to say whether their author may write; no bot's does. */
export function unverifiedReviews({ reviews, writePermissions }: PullRequestFact): readonly ReviewFact[] {
  return reviews.filter(
    (review) => !review.bot && isVerdict(review) && (writePermissions[review.reviewer]?.at ?? '') < review.submittedAt,
  )
}

/** The trigger of a round of rework is `round/<sha>`. */
export const ROUND_PREFIX = 'round/'

/** The reviews that sent the pipeline back to rework, and those for which no round is left. */
export function reworkRoundsOf(pipeline: Pipeline): Readonly<Record<'allowed' | 'refused', readonly ReviewFact[]>> {
  const name = reworkStage(pipeline.line)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (stage === undefined || startAuthorization(pipeline).state !== 'granted') return { allowed: [], refused: [] }
  const started = new Set(admittedAttempts(stage).map(({ control }) => control.trigger.id))
  const isStarted = ({ commitSha }: ReviewFact) => started.has(`${ROUND_PREFIX}${commitSha}`)
  const requests = changeRequestsOf(pipeline).toSorted((a, b) => Number(isStarted(b)) - Number(isStarted(a)))
  // Rounds whose request was withdrawn count as well: they ran.
  const rounds = [...started].filter((id) => id.startsWith(ROUND_PREFIX)).length
  const withdrawn = rounds - requests.filter(isStarted).length
  const limit = Math.max(0, pipeline.line.rework - withdrawn)
  return { allowed: requests.slice(0, limit), refused: requests.slice(limit) }
}

/** The stage without a workflow; null while no pull request is linked. */
export function deriveReview(pipeline: Pipeline): DerivedStage | null {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest === null) return null
  const { number, evidence, draft } = pullRequest
  const state = pullRequest.state === 'open' && draft ? 'draft' : pullRequest.state
  if (state === 'open') return deriveFromVerdicts(pipeline, pullRequest)
  const reason = { kind: 'pull-request', number, state } as const
  return { status: STATUS_OF_STATE[state], reason, since: stateSince(pullRequest), evidence }
}

const STATUS_OF_STATE = { merged: 'done', closed: 'cancelled', draft: 'idle' } as const

function deriveFromVerdicts(pipeline: Pipeline, pullRequest: PullRequestFact): DerivedStage {
  // As on GitHub: a dismissed verdict is still its reviewer's newest, and takes back those before it.
  const dismissed = pullRequest.reviews.filter(({ state }) => state === 'dismissed')
  const newest = newestOfEachReviewer([...authorizedReviews(pullRequest, pipeline.line), ...dismissed])
  const requests = newest.filter(({ state }) => state === 'changes_requested')
  const current = requests.findLast(({ commitSha }) => commitSha === pullRequest.headSha)
  if (current !== undefined) return deriveFromChangeRequest(pipeline, current)
  const reviewer = requests.at(-1)?.reviewer ?? null
  const approval = reviewer === null ? newest.findLast(({ state }) => state === 'approved') : undefined
  if (approval === undefined) {
    const { evidence } = pullRequest
    return {
      status: 'review',
      reason: { kind: 'waits-for-review', reviewer },
      since: stateSince(pullRequest),
      evidence,
    }
  }
  const reason = { kind: 'review-approved', reviewer: approval.reviewer } as const
  return { status: 'done', reason, since: approval.submittedAt, evidence: approval.evidence }
}

/** Where Andon starts stages, the pipeline goes back to rework as often as the line allows; then it needs a person. */
function deriveFromChangeRequest(
  pipeline: Pipeline,
  { commitSha, reviewer, submittedAt: since, evidence }: ReviewFact,
): DerivedStage {
  const { allowed, refused } = reworkRoundsOf(pipeline)
  const { rework } = pipeline.line
  const isSameHead = (other: ReviewFact) => other.commitSha === commitSha
  if (refused.some(isSameHead))
    return { status: 'failed', reason: { kind: 'rework-used-up', reviewer, rework }, since, evidence }
  const round = allowed.toSorted(byTimeAndHead).findIndex(isSameHead) + 1 || null
  return { status: 'idle', reason: { kind: 'changes-requested', reviewer, round, rework }, since, evidence }
}

/** The first request for changes at each head, oldest first: one head is reworked once, however many ask for it. */
function changeRequestsOf(pipeline: Pipeline): readonly ReviewFact[] {
  const requests = currentPullRequests(pipeline)
    .flatMap((pullRequest) => authorizedReviews(pullRequest, pipeline.line))
    .filter(({ state }) => state === 'changes_requested')
    .toSorted(byTime)
  const heads = requests.map(({ commitSha }) => commitSha)
  return requests.filter(({ commitSha }, index) => heads.indexOf(commitSha) === index)
}

/** A permission that GitHub confirmed before the verdict does not count: the author may have lost it since. */
function authorizedReviews({ reviews, writePermissions }: PullRequestFact, line: Line): readonly ReviewFact[] {
  return reviews.filter((review) => {
    if (!isVerdict(review)) return false
    if (review.bot) return isAllowedBot(line, review.reviewer)
    const permission = writePermissions[review.reviewer]
    return permission?.granted === true && permission.at >= review.submittedAt
  })
}

/** Oldest first. */
function newestOfEachReviewer(reviews: readonly ReviewFact[]): readonly ReviewFact[] {
  const sorted = reviews.toSorted(byTime)
  return [...new Map(sorted.map((review) => [review.reviewer, review])).values()].sort(byTime)
}

function isVerdict({ state }: ReviewFact): boolean {
  return state === 'approved' || state === 'changes_requested'
}

function byTime(a: ReviewFact, b: ReviewFact): number {
  return greatest(a, b, ({ submittedAt, id }) => [submittedAt, id]) === a ? 1 : -1
}

function byTimeAndHead(a: ReviewFact, b: ReviewFact): number {
  return greatest(a, b, ({ submittedAt, commitSha }) => [submittedAt, commitSha]) === a ? 1 : -1
}
