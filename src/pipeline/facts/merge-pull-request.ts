// A pull request has no ladder of states: it is closed and reopened, drafted and readied, pushed back and forth, all
// within one second. So every way it was seen to stand is kept, and how it stands is read from them.
import { mayUseCommand } from '../../commands/commands.ts'
import type { Answer, Question } from '../model/effects.ts'
import type { PullRequestFact, PullRequestSnapshot, ReviewFact } from '../model/facts.ts'
import { pullRequestOfQuestion } from '../model/question-subject.ts'
import { earliest, type Instant, latest } from '../model/time.ts'
import { unionById } from './merge.ts'
import { greatest } from './total-order.ts'

/** What is known of a pull request, with its reviews and what GitHub answered about it. */
export function mergePullRequest(a: PullRequestFact | null, b: PullRequestFact): PullRequestFact {
  if (a === null) return mergePullRequest(b, b)
  const replacedShas = [...new Set([...a.replacedShas, ...b.replacedShas])].sort()
  const snapshots = mergeSnapshots([...snapshotsOf(a), ...snapshotsOf(b)])
  const { state, draft, headSha } = snapshots.reduce((one, other) =>
    greatest(one, other, (seen) => [
      seen.state === 'merged',
      seen.lastAt,
      !replacedShas.includes(seen.headSha),
      seen.state === 'closed',
      !seen.draft,
    ]),
  )
  return {
    number: a.number,
    ...greatest(detailsOf(a), detailsOf(b), (words) => [words.updatedAt]),
    state,
    draft,
    headSha,
    snapshots,
    replacedShas,
    ...greatest(closingIssuesOf(a), closingIssuesOf(b), (closing) => [closing.closingIssuesAt ?? '']),
    reviews: unionById(a.reviews, b.reviews, mergeReviews),
    writePermissions: mergePermissionDecisions(a.writePermissions, b.writePermissions),
  }
}

/** A review is told to its pull request; a dismissal is final. */
export function mergeReview(pullRequest: PullRequestFact, review: ReviewFact): PullRequestFact {
  return mergePullRequest(pullRequest, { ...pullRequest, reviews: [review] })
}

/** What GitHub answered is told to the pull request it was asked about; null where the answer is not about this one. */
export function mergeAnswer(
  pullRequest: PullRequestFact,
  question: Question,
  answer: Answer,
  at: Instant,
): PullRequestFact | null {
  if (pullRequestOfQuestion(question) !== pullRequest.number) return null
  if (question.about === 'pull_request' && answer.about === 'pull_request')
    return mergePullRequest(pullRequest, {
      ...pullRequest,
      closingIssues: answer.closes.toSorted(byNumber),
      closingIssuesAt: at,
    })
  if (question.about === 'permission' && question.purpose.kind === 'review' && answer.about === 'permission') {
    const { login } = question
    // Our clock may be behind GitHub's: what was answered after a verdict was known holds for that verdict.
    const known = pullRequest.reviews.filter(({ reviewer }) => reviewer === login).map(({ submittedAt }) => submittedAt)
    const writePermissions = {
      [login]: { granted: mayUseCommand(answer.role, 'approve'), at: known.reduce(latest, at) },
    }
    return mergePullRequest(pullRequest, { ...pullRequest, writePermissions })
  }
  return null
}

function snapshotsOf(fact: PullRequestFact): readonly PullRequestSnapshot[] {
  if (fact.snapshots.length > 0) return fact.snapshots
  const { state, draft, headSha, updatedAt } = fact
  return [{ state, draft, headSha, firstAt: updatedAt, lastAt: updatedAt }]
}

function mergeSnapshots(seen: readonly PullRequestSnapshot[]): readonly PullRequestSnapshot[] {
  const merged = new Map<string, PullRequestSnapshot>()
  for (const one of seen) {
    const key = `${one.headSha} ${one.state} ${one.draft}`
    const other = merged.get(key) ?? one
    const firstAt = earliest(one.firstAt, other.firstAt)
    merged.set(key, { ...one, firstAt, lastAt: latest(one.lastAt, other.lastAt) })
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sighting]) => sighting)
}

function detailsOf({ title, url, author, branch, updatedAt, evidence }: PullRequestFact) {
  return { title, url, author, branch, updatedAt, evidence }
}

function closingIssuesOf({ closingIssues, closingIssuesAt }: PullRequestFact) {
  return { closingIssues, closingIssuesAt }
}

function mergeReviews(a: ReviewFact, b: ReviewFact): ReviewFact {
  return greatest(a, b, (review) => [review.state === 'dismissed', review.submittedAt])
}

function mergePermissionDecisions(
  a: PullRequestFact['writePermissions'],
  b: PullRequestFact['writePermissions'],
): PullRequestFact['writePermissions'] {
  const merged = { ...a }
  for (const [login, permission] of Object.entries(b)) {
    // Of two answers of one moment the refusal holds: fail closed.
    merged[login] = greatest(merged[login] ?? permission, permission, ({ at, granted }) => [at, !granted])
  }
  return merged
}

function byNumber(a: number, b: number): number {
  return a - b
}
