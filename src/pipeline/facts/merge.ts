// Facts become one whatever the order they came in: every function here is commutative, associative and idempotent.
// Each part of a fact is either the greatest under a total order or a union, and each order looks only at the part it
// decides, which is what keeps them associative. Rank decides before time, because GitHub's timestamps tie at one second
// (https://github.com/promhippie/github_exporter/issues/312).
import { mayUseCommand } from '../../commands/commands.ts'
import type {
  AuthorPermission,
  CancelExplanation,
  EnvironmentWait,
  IssueFact,
  JobFact,
  PullRequestFact,
  PullRequestSnapshot,
  ReviewFact,
  RunFact,
  RunStatus,
} from '../model/facts.ts'
import { type Answer, pullRequestOfQuestion, type Question } from '../model/questions.ts'
import { type Evidence, earliest, type Instant, latest } from '../model/time.ts'
import { momentShown } from './moment-shown.ts'
import { greatest } from './total-order.ts'

/** Closing and reopening are no ladder, so time decides. Of two states of one second closed counts: it starts nothing. */
export function mergeIssue(a: IssueFact, b: IssueFact): IssueFact {
  const last = greatest(uncontested(a), uncontested(b), (issue) => [
    issueMoment(issue),
    issue.state === 'closed',
    issue.evidence.kind === 'read',
    earliestFirst(issue),
  ])
  return { ...last, ...contestedIn([a, b], issueMoment(last)) }
}

/**
 * A newer `run_attempt` replaces an older one; within one, a completed run stays completed. Its jobs raise its status here
 * and nowhere else, so that a run that was read with its jobs and one whose jobs were delivered are the same fact.
 */
export function mergeRun(a: RunFact | null, b: RunFact): RunFact {
  if (a === null) return mergeRun(b, b)
  const identity = greatest(identityOf(a), identityOf(b), ({ workflow }) => [workflow !== ''])
  if (a.runAttempt !== b.runAttempt) return { ...mergeRun(null, a.runAttempt > b.runAttempt ? a : b), ...identity }
  return {
    id: a.id,
    runAttempt: a.runAttempt,
    ...identity,
    ...[a, b].flatMap(progressesOf).reduce((one, other) => greatest(one, other, progressRank)),
    startedAt: earliest(a.startedAt, b.startedAt),
    jobs: unionById(a.jobs, b.jobs, jobRank),
    ...mergeCancellations(a.cancellation, b.cancellation),
    ...mergeEnvironmentWaits(a.environmentWait, b.environmentWait),
  }
}

/** The run with a job. An unknown run becomes a stub without a workflow, which the run itself fills later. */
export function mergeJob(run: RunFact | null, job: JobFact): RunFact {
  return mergeRun(run, {
    ...{ id: job.runId, runAttempt: job.runAttempt, workflow: '', title: '', event: '', actor: null },
    ...{ branch: null, headSha: '', url: '', ...progressOfJob(job), startedAt: job.startedAt ?? job.at, jobs: [job] },
  })
}

/**
 * A pull request has no ladder of states: it is closed and reopened, drafted and readied, pushed back and forth, all within
 * one second. So every state that was seen is kept, and the current one is derived from them.
 */
export function mergePullRequest(a: PullRequestFact | null, b: PullRequestFact): PullRequestFact {
  if (a === null) return mergePullRequest(b, b)
  const replacedShas = [...new Set([...a.replacedShas, ...b.replacedShas])].sort()
  const snapshots = mergeSnapshots([...snapshotsOf(a), ...snapshotsOf(b)])
  const { state, draft, headSha } = snapshots.reduce((one, other) =>
    greatest(one, other, (seen) => [
      seen.state === 'merged',
      seen.lastAt,
      !replacedShas.includes(seen.headSha),
      // Within one second nothing says which came last: closed and draft start nothing.
      seen.state === 'closed',
      seen.draft,
    ]),
  )
  return {
    number: a.number,
    ...greatest(detailsOf(a), detailsOf(b), (details) => [
      momentShown(details.updatedAt, details.evidence),
      earliestFirst(details),
    ]),
    authorPermission: mergeAuthorPermission(a.authorPermission, b.authorPermission),
    ...{ state, draft, headSha, snapshots, replacedShas },
    ...greatest(closingIssuesOf(a), closingIssuesOf(b), ({ closingIssuesAt }) => [closingIssuesAt ?? '']),
    reviews: unionById(a.reviews, b.reviews, (review) => [
      review.state === 'dismissed',
      review.submittedAt,
      earliestFirst(review),
    ]),
    writePermissions: mergePermissions(a.writePermissions, b.writePermissions),
  }
}

/** The pull request with a review; a dismissal is final. */
export function mergeReview(pullRequest: PullRequestFact, review: ReviewFact): PullRequestFact {
  return mergePullRequest(pullRequest, { ...pullRequest, reviews: [review] })
}

/** The pull request with GitHub's answer about it; null when the answer is about something else. */
export function mergeAnswer(
  pullRequest: PullRequestFact,
  question: Question,
  answer: Answer,
  at: Instant,
): PullRequestFact | null {
  if (pullRequestOfQuestion(question) !== pullRequest.number) return null
  if (question.about === 'pull_request' && answer.about === 'pull_request') {
    const known = answer.pullRequest === null ? pullRequest : mergePullRequest(pullRequest, answer.pullRequest)
    const closingIssues = answer.closes?.toSorted((a, b) => a - b)
    return closingIssues ? mergePullRequest(known, { ...known, closingIssues, closingIssuesAt: at }) : known
  }
  if (question.about === 'permission' && question.purpose.kind === 'author' && answer.about === 'permission') {
    const { login, purpose } = question
    const authorPermission = { login, granted: mayUseCommand(answer.role, 'start'), at: purpose.at }
    return mergePullRequest(pullRequest, { ...pullRequest, authorPermission })
  }
  if (question.about === 'permission' && question.purpose.kind === 'review' && answer.about === 'permission') {
    const { login } = question
    // Our clock may be behind GitHub's: an answer that came after a verdict was known holds for that verdict.
    const reviews = pullRequest.reviews.filter(({ reviewer }) => reviewer === login)
    const answeredAt = reviews.map(({ submittedAt }) => submittedAt).reduce(latest, at)
    const writePermissions = { [login]: { granted: mayUseCommand(answer.role, 'approve'), at: answeredAt } }
    return mergePullRequest(pullRequest, { ...pullRequest, writePermissions })
  }
  return null
}

/** Of what says the same the first is the evidence: another one that only repeats it would be an edit on GitHub that says nothing. */
function earliestFirst({ evidence }: { readonly evidence: Evidence }): number {
  return -Date.parse(evidence.at)
}

/** What was contested must not decide which of two facts is the greater. */
function uncontested({ isContested: _, areAssigneesContested: __, ...issue }: IssueFact): IssueFact {
  return issue
}

/** An issue known only by its number has no title, and loses to any that GitHub described. */
function issueMoment({ title, updatedAt, evidence }: IssueFact): Instant {
  return title === null ? '' : momentShown(updatedAt, evidence)
}

/** In what the facts of that moment contradict each other. */
function contestedIn(facts: readonly IssueFact[], moment: Instant) {
  const last = facts.filter((fact) => issueMoment(fact) === moment)
  const differ = (part: (fact: IssueFact) => string) => new Set(last.map(part)).size > 1
  const states = last.some((fact) => fact.isContested) || differ(({ state }) => state)
  const people = last.some((fact) => fact.areAssigneesContested) || differ(({ assignees }) => assignees.join())
  return { ...(states && ({ isContested: true } as const)), ...(people && ({ areAssigneesContested: true } as const)) }
}

function identityOf({ workflow, title, event, actor, branch, headSha, url }: RunFact) {
  return { workflow, title, event, actor, branch, headSha, url }
}

type RunProgress = Pick<RunFact, 'status' | 'conclusion' | 'updatedAt' | 'evidence'>

/** What a run says of itself, and what each of its jobs says of it. */
function progressesOf({ status, conclusion, updatedAt, evidence, jobs }: RunFact): readonly RunProgress[] {
  return [{ status, conclusion, updatedAt, evidence }, ...jobs.map(progressOfJob)]
}

/** A job that has ended leaves its run in progress: others may follow. */
function progressOfJob({ status, at: updatedAt, evidence }: JobFact): RunProgress {
  return { status: status === 'completed' ? 'in_progress' : status, conclusion: null, updatedAt, evidence }
}

function progressRank(progress: RunProgress) {
  const { status, conclusion, updatedAt, evidence } = progress
  // GitHub calls a run that waits for approval completed; once approved the same attempt goes on.
  const rank = conclusion === 'action_required' ? 1 : STARTED_RANK[status]
  // A completed run keeps the moment it was first known to be completed; a live one its latest sign of life.
  const time = status === 'completed' ? -Date.parse(updatedAt) : Date.parse(updatedAt)
  const tie = status === 'completed' ? earliestFirst(progress) : 0
  return [rank, ...waitRank(status, evidence), time, WAIT_RANK[status], tie]
}

function jobRank({ status, stepsCompleted, at, evidence }: JobFact) {
  return [STARTED_RANK[status], stepsCompleted, ...waitRank(status, evidence), at, WAIT_RANK[status]]
}

// `waiting` and `queued` are no ladder: GitHub sends queued, waiting, queued with one and the same timestamp
// (https://github.com/runs-on/runs-on/issues/539). So what was read last counts before any delivery. Until then a job that
// was ever waiting still is: GitHub is asked at once, and nothing that waits is cancelled for silence.
function waitRank(status: RunStatus, { kind, at }: JobFact['evidence']): readonly [string] {
  return [STARTED_RANK[status] === 0 && kind === 'read' ? at : '']
}

const STARTED_RANK = { requested: 0, queued: 0, pending: 0, waiting: 0, in_progress: 2, completed: 3 } as const
const WAIT_RANK = { requested: 0, queued: 1, pending: 2, waiting: 3, in_progress: 0, completed: 0 } as const

function mergeCancellations(a: CancelExplanation | undefined, b: CancelExplanation | undefined) {
  const [one, other] = [a ?? b, b ?? a]
  if (one === undefined || other === undefined) return {}
  if (one.kind !== 'unexplained' || other.kind !== 'unexplained')
    return { cancellation: greatest(one, other, ({ kind }) => [EXPLANATION_RANK[kind]]) }
  const [since, until] = [earliest(one.since, other.since), latest(one.until, other.until)]
  return { cancellation: { kind: 'unexplained', since, until } as const }
}

/** Whom GitHub names says more than what else happened to a job. */
const EXPLANATION_RANK = {
  ...{ unexplained: 0, 'no-runner': 1, 'runner-lost': 2, 'job-time-limit': 3, deadlock: 4, replaced: 5, bot: 6 },
  ...{ 'deployment-rejected': 7, person: 8 },
} as const satisfies Record<CancelExplanation['kind'], number>

function mergeEnvironmentWaits(a: EnvironmentWait | undefined, b: EnvironmentWait | undefined) {
  const [one, other] = [a ?? b, b ?? a]
  return one === undefined || other === undefined
    ? {}
    : { environmentWait: greatest(one, other, ({ readAt }) => [readAt]) }
}

function snapshotsOf(fact: PullRequestFact): readonly PullRequestSnapshot[] {
  const { snapshots, state, draft, headSha, updatedAt, evidence } = fact
  if (snapshots.length > 0) return snapshots
  return [{ state, draft, headSha, firstAt: updatedAt, lastAt: momentShown(updatedAt, evidence) }]
}

function mergeSnapshots(seen: readonly PullRequestSnapshot[]): readonly PullRequestSnapshot[] {
  const merged = new Map<string, PullRequestSnapshot>()
  for (const one of seen) {
    const key = `${one.headSha} ${one.state} ${one.draft}`
    const other = merged.get(key) ?? one
    const firstAt = earliest(one.firstAt, other.firstAt)
    merged.set(key, { ...one, firstAt, lastAt: latest(one.lastAt, other.lastAt) })
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, snapshot]) => snapshot)
}

function detailsOf({ title, url, author, bot, branch, updatedAt, evidence }: PullRequestFact) {
  return { title, url, author, bot, branch, updatedAt, evidence }
}

function closingIssuesOf({ closingIssues, closingIssuesAt }: PullRequestFact) {
  return { closingIssues, closingIssuesAt }
}

type WritePermissions = PullRequestFact['writePermissions']

function mergeAuthorPermission(a: AuthorPermission | null, b: AuthorPermission | null): AuthorPermission | null {
  if (a === null || b === null) return a ?? b
  return greatest(a, b, ({ at, granted }) => [at, !granted])
}

/** Of two answers of one moment the refusal holds: fail closed. */
function mergePermissions(a: WritePermissions, b: WritePermissions): WritePermissions {
  const merged = Object.entries(b).map(([login, permission]) => {
    return [login, greatest(a[login] ?? permission, permission, ({ at, granted }) => [at, !granted])] as const
  })
  return { ...a, ...Object.fromEntries(merged) }
}

/** Both lists as one, sorted by id; of two facts with one id the greatest. */
function unionById<T extends { readonly id: number }>(
  a: readonly T[],
  b: readonly T[],
  rank: Parameters<typeof greatest<T>>[2],
): readonly T[] {
  const merged = new Map<number, T>()
  for (const fact of [...a, ...b]) merged.set(fact.id, greatest(merged.get(fact.id) ?? fact, fact, rank))
  return [...merged.values()].sort((one, other) => one.id - other.id)
}
