// What only GitHub knows and Andon therefore asks.
import type { Effect } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { runIdOf } from './attempts.ts'
import { unansweredStartRequests } from './pipeline-start.ts'
import { unverifiedReviews } from './triggers.ts'

const LINKING_ACTIONS = ['opened', 'edited', 'synchronize', 'reopened', 'closed']

/** Asked whether or not a pipeline is concerned: no webhook says which issues a pull request closes. */
export function askClosingIssues(event: Event): readonly Effect[] {
  if (event.type !== 'pull_request.changed' || !LINKING_ACTIONS.includes(event.action)) return []
  const { number, updatedAt } = event.pullRequest
  const key = `pull_request/${number}/${event.action}/${updatedAt}`
  return [{ type: 'ask', key, question: { about: 'pull_request', pullRequestNumber: number } }]
}

/** Asked when a pipeline starts. */
export function askAboutIssue(issueNumber: number, at: Instant): Effect {
  return { type: 'ask', key: `issue/${issueNumber}/${at}`, question: { about: 'issue', issueNumber } }
}

/** A verdict counts once GitHub has said that its author may write. */
export function askReviewerPermissions({ pullRequests }: Pipeline): readonly Effect[] {
  return pullRequests.flatMap((pullRequest) =>
    unverifiedReviews(pullRequest).map(({ reviewer: login, id }) => {
      const purpose = { kind: 'review', pullRequestNumber: pullRequest.number } as const
      const key = `permission/${pullRequest.number}/${login}/${id}`
      return { type: 'ask', key, question: { about: 'permission', login, purpose } }
    }),
  )
}

/** May the sender of a start label start what Andon dispatches? */
export function askStartPermissions(pipeline: Pipeline): readonly Effect[] {
  const issueNumber = pipeline.issue.number
  return unansweredStartRequests(pipeline).map(({ login, at }) => ({
    type: 'ask',
    key: `permission/start/${issueNumber}/${login}/${at}`,
    question: { about: 'permission', login, purpose: { kind: 'start', issueNumber, at } },
  }))
}

/** Asks GitHub to read the runs that have been silent for too long. */
export function askSilentRuns({ issue, stages }: Pipeline): readonly Effect[] {
  return stages
    .flatMap(({ attempts }) => attempts)
    .flatMap((attempt) => {
      const { reconciliation } = attempt
      const runId = runIdOf(attempt)
      if (runId === null || reconciliation === undefined || reconciliation.answeredAt !== null) return []
      const question = { about: 'run', runId, issueNumber: issue.number } as const
      return [{ type: 'ask', key: `run/${runId}/${reconciliation.at}`, question }]
    })
}
