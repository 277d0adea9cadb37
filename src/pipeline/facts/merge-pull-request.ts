// A pull request has no ladder of states: it is closed and reopened, drafted and readied, pushed back and forth, all
// within one second. So every way it was seen to stand is kept, and how it stands is read from them.
import { may } from '../../commands/commands.ts'
import type { Answer, Question } from '../model/effects.ts'
import type { PullRequestFact, ReviewFact, Sighting } from '../model/facts.ts'
import { pullRequestAsked } from '../model/question-subject.ts'
import { earlier, type Instant, later } from '../model/time.ts'
import { unionById } from './merge.ts'
import { best } from './total-order.ts'

/** What is known of a pull request, with its reviews and what GitHub answered about it. */
export function mergePullRequest(a: PullRequestFact | null, b: PullRequestFact): PullRequestFact {
  if (a === null) return mergePullRequest(b, b)
  const replacedShas = [...new Set([...a.replacedShas, ...b.replacedShas])].sort()
  const sightings = mergeSightings([...sightingsOf(a), ...sightingsOf(b)])
  const { state, draft, headSha } = sightings.reduce((one, other) =>
    best(one, other, (seen) => [
      seen.state === 'merged',
      seen.lastAt,
      !replacedShas.includes(seen.headSha),
      seen.state === 'closed',
      !seen.draft,
    ]),
  )
  return {
    number: a.number,
    ...best(wordsOf(a), wordsOf(b), (words) => [words.updatedAt]),
    state,
    draft,
    headSha,
    sightings,
    replacedShas,
    ...best(closingOf(a), closingOf(b), (closing) => [closing.closesAt ?? '']),
    reviews: unionById(a.reviews, b.reviews, laterReview),
    mayWrite: mergePermissions(a.mayWrite, b.mayWrite),
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
  if (pullRequestAsked(question) !== pullRequest.number) return null
  if (question.about === 'pull_request' && answer.about === 'pull_request')
    return mergePullRequest(pullRequest, { ...pullRequest, closes: answer.closes.toSorted(byNumber), closesAt: at })
  if (question.about === 'permission' && question.for.kind === 'review' && answer.about === 'permission') {
    const { login } = question
    // Our clock may be behind GitHub's: what was answered after a verdict was known holds for that verdict.
    const known = pullRequest.reviews.filter(({ reviewer }) => reviewer === login).map(({ submittedAt }) => submittedAt)
    const mayWrite = { [login]: { granted: may(answer.role, 'approve'), at: known.reduce(later, at) } }
    return mergePullRequest(pullRequest, { ...pullRequest, mayWrite })
  }
  return null
}

function sightingsOf(fact: PullRequestFact): readonly Sighting[] {
  if (fact.sightings.length > 0) return fact.sightings
  const { state, draft, headSha, updatedAt } = fact
  return [{ state, draft, headSha, firstAt: updatedAt, lastAt: updatedAt }]
}

function mergeSightings(seen: readonly Sighting[]): readonly Sighting[] {
  const merged = new Map<string, Sighting>()
  for (const one of seen) {
    const key = `${one.headSha} ${one.state} ${one.draft}`
    const other = merged.get(key) ?? one
    const firstAt = earlier(one.firstAt, other.firstAt)
    merged.set(key, { ...one, firstAt, lastAt: later(one.lastAt, other.lastAt) })
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sighting]) => sighting)
}

function wordsOf({ title, url, author, branch, updatedAt, evidence }: PullRequestFact) {
  return { title, url, author, branch, updatedAt, evidence }
}

function closingOf({ closes, closesAt }: PullRequestFact) {
  return { closes, closesAt }
}

function laterReview(a: ReviewFact, b: ReviewFact): ReviewFact {
  return best(a, b, (review) => [review.state === 'dismissed', review.submittedAt])
}

function mergePermissions(a: PullRequestFact['mayWrite'], b: PullRequestFact['mayWrite']): PullRequestFact['mayWrite'] {
  const merged = { ...a }
  for (const [login, permission] of Object.entries(b)) {
    // Of two answers of one moment the refusal holds: fail closed.
    merged[login] = best(merged[login] ?? permission, permission, ({ at, granted }) => [at, !granted])
  }
  return merged
}

function byNumber(a: number, b: number): number {
  return a - b
}
