// GitHub may drop a delivery without a trace, even in its log. So a pipeline that is not over is read from GitHub now and
// again: what it asks about, when, and what of GitHub's answer nothing had told of.
import { millisecondsAfter } from '../../text/milliseconds-after.ts'
import { decidingPullRequests } from '../facts/standing.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from '../model/facts.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import type { Question } from '../model/questions.ts'
import type { Instant } from '../model/time.ts'
import { isOff, runIdOf } from '../stages/attempts.ts'
import { startAuthorization } from '../stages/pipeline-start.ts'
import { isCompletedRun } from '../stages/run-outcome.ts'
import { headlineOf } from '../view/light.ts'

/** Twice within the ten minutes in which what was dropped is to be found. */
const LIVE_EVERY_MS = 5 * 60_000
const LONGEST_REST_MS = 6 * 60 * 60_000

/** A question whose answer may show what was dropped. */
export type ReconcileQuestion = Extract<Question, { about: 'issue' | 'pull_request' | 'run' }>

/** What GitHub shows now, in as few words as tell that something has changed. */
export type GitHubState =
  | ({ readonly about: 'issue' } & Pick<
      IssueFact,
      'number' | 'title' | 'state' | 'stateReason' | 'assignees' | 'updatedAt'
    >)
  | ({ readonly about: 'pull_request' } & Pick<
      PullRequestFact,
      'title' | 'state' | 'draft' | 'headSha' | 'updatedAt'
    > & {
        readonly reviews: readonly Pick<ReviewFact, 'id' | 'state'>[]
      })
  | ({ readonly about: 'run' } & Pick<RunFact, 'runAttempt' | 'status' | 'conclusion' | 'updatedAt'> & {
        readonly jobs: readonly Pick<JobFact, 'id' | 'status' | 'conclusion' | 'at'>[]
      })

/** When it is read next: soon while something is live, and ever more seldom while nothing moves; null once it is over. */
export function reconcileAt(pipeline: Pipeline, now: Instant): Instant | null {
  const { light, since } = headlineOf(pipeline)
  const isLive = light === 'running' || light === 'review' || light === 'queued'
  if (!isLive && (light === 'done' || isOff(pipeline))) return null
  const restMs = isLive ? 0 : (Date.parse(now) - Date.parse(since)) / 4
  return millisecondsAfter(now, Math.min(Math.max(restMs, LIVE_EVERY_MS), LONGEST_REST_MS))
}

/** The issue, the open pull requests that decide, and the runs that may still change something; of each not too many. */
export function reconcileQuestions(pipeline: Pipeline): readonly ReconcileQuestion[] {
  const { issue, stages, line } = pipeline
  const pullRequests = decidingPullRequests(pipeline).filter(({ state }) => state !== 'merged')
  const runs = stages.flatMap((stage, index) => {
    const workflow = line.stages[index]?.workflow ?? null
    return stage.attempts
      .filter((attempt) => mayChange(attempt, stage))
      .flatMap((attempt): readonly ReconcileQuestion[] => {
        const runId = runIdOf(attempt)
        const about = { about: 'run', issueNumber: issue.number, ...(workflow !== null && { workflow }) } as const
        return runId === null ? [] : [{ ...about, runId }]
      })
  })
  return [
    { about: 'issue', issueNumber: issue.number },
    ...pullRequests
      .slice(-MOST_OF_EACH)
      .map(({ number: pullRequestNumber }) => ({ about: 'pull_request', pullRequestNumber }) as const),
    ...runs.slice(-MOST_OF_EACH),
  ]
}

const MOST_OF_EACH = 3

/** Does GitHub show what the pipeline does not know? */
export function isNews(
  { issue, pullRequests, stages }: Pipeline,
  question: ReconcileQuestion,
  now: GitHubState,
): boolean {
  if (question.about === 'issue' && now.about === 'issue') {
    // A transferred issue answers with another number.
    const isOfOthers = now.assignees.join() !== issue.assignees.join()
    return now.number === issue.number && (isOfOthers || isOtherwise(now, issue, ['title', 'state', 'stateReason']))
  }
  if (question.about === 'pull_request' && now.about === 'pull_request') {
    const known = pullRequests.find(({ number }) => number === question.pullRequestNumber)
    if (known === undefined) return false
    const reviews = new Map(known.reviews.map(({ id, state }) => [id, state]))
    return (
      isOtherwise(now, known, ['title', 'state', 'draft', 'headSha']) ||
      now.reviews.some(({ id, state }) => reviews.get(id) !== state)
    )
  }
  if (question.about !== 'run' || now.about !== 'run') return false
  const known = stages.flatMap(({ attempts }) => attempts).find((attempt) => runIdOf(attempt) === question.runId)?.run
  if (known == null) return known === null
  const jobs = new Map(known.jobs.map((job) => [job.id, job]))
  return (
    isOtherwise(now, known, ['runAttempt', 'status', 'conclusion']) ||
    now.jobs.some((job) => {
      const stored = jobs.get(job.id)
      return stored === undefined || isOtherwise(job, stored, ['status', 'conclusion'])
    })
  )
}

function isOtherwise<K extends string>(
  now: Readonly<Record<K, unknown>>,
  known: Readonly<Record<K, unknown>>,
  fields: readonly K[],
): boolean {
  return fields.some((field) => now[field] !== known[field])
}

/**
 * The start label that the issue carries, while nobody who may has asked for the start: GitHub may not have told who put it
 * there. Taking it off means nothing, so that one that is missing is none either.
 */
export function unansweredStartLabel(pipeline: Pipeline, labels: readonly string[]): string | null {
  const wanted = pipeline.line.startLabel?.toLowerCase()
  const label = labels.find((name) => name.toLowerCase() === wanted)
  return label === undefined || startAuthorization(pipeline).state === 'granted' ? null : label
}

/** Is it known that this user put the label there, then or later? */
export function isKnownLabeling({ startRequests = [] }: Pipeline, login: string, at: Instant): boolean {
  return startRequests.some((request) => request.by === 'label' && request.login === login && request.at >= at)
}

/** Of a failed stage the last run may have been run again on GitHub. */
function mayChange(attempt: Attempt, { status, attempts }: Stage): boolean {
  const { run, control } = attempt
  if (status === 'failed' && attempt === attempts.at(-1)) return true
  return control?.closed == null && !(run !== null && isCompletedRun(run))
}
