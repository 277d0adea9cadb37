// What only GitHub knows and we therefore ask.

import type { Effect } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { runIdOf } from './attempt-outcome.ts'
import { unansweredStartRequests } from './start-requests.ts'
import { unverifiedReviews } from './verdicts.ts'

const LINKING_ACTIONS = ['opened', 'edited', 'synchronize', 'reopened', 'closed']

/** What an event makes us ask whether or not a pipeline is concerned: nobody tells us which issues a pull request closes. */
export function askClosingIssues(event: Event): readonly Effect[] {
  if (event.type !== 'pull_request.changed' || !LINKING_ACTIONS.includes(event.action)) return []
  const { number, updatedAt } = event.pullRequest
  const key = `pull_request/${number}/${event.action}/${updatedAt}`
  return [{ type: 'ask', key, question: { about: 'pull_request', pullRequestNumber: number } }]
}

/** Asked when an issue is taken up. */
export function askAboutIssue(issueNumber: number, at: Instant): Effect {
  return { type: 'ask', key: `issue/${issueNumber}/${at}`, question: { about: 'issue', issueNumber } }
}

/** A verdict counts once GitHub has said that its author may write. */
export function askReviewerPermissions(pipeline: Pipeline): readonly Effect[] {
  return pipeline.pullRequests.flatMap((pullRequest) =>
    unverifiedReviews(pullRequest).map(({ reviewer, id }) => ({
      type: 'ask',
      key: `permission/${pullRequest.number}/${reviewer}/${id}`,
      question: {
        about: 'permission',
        login: reviewer,
        purpose: { kind: 'review', pullRequestNumber: pullRequest.number },
      },
    })),
  )
}

/** Somebody put the start label: may they start what Andon dispatches? */
export function askStartPermissions(pipeline: Pipeline): readonly Effect[] {
  const issueNumber = pipeline.issue.number
  return unansweredStartRequests(pipeline).map(({ login, at }) => ({
    type: 'ask',
    key: `permission/start/${issueNumber}/${login}/${at}`,
    question: { about: 'permission', login, purpose: { kind: 'start', issueNumber, at } },
  }))
}

/** How do the runs stand of which nothing was heard for too long? */
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
