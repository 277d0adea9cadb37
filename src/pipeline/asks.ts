// What only GitHub knows and we therefore ask.
import type { Effect } from './effects.ts'
import type { Event } from './events.ts'
import type { Instant, Pipeline } from './pipeline.ts'
import { uncountedReviews } from './settle-review.ts'

const LINKS_MAY_CHANGE = ['opened', 'edited', 'synchronize', 'reopened', 'closed']

/** What an event makes us ask whether or not a pipeline is concerned: nobody tells us which issues a pull request closes. */
export function asks(event: Event): readonly Effect[] {
  if (event.type !== 'pull_request.changed' || !LINKS_MAY_CHANGE.includes(event.action)) return []
  const { number, updatedAt } = event.pullRequest
  const key = `pull_request/${number}/${event.action}/${updatedAt}`
  return [{ type: 'ask', key, question: { about: 'pull_request', pullRequestNumber: number } }]
}

/** Asked when an issue is taken up. */
export function askIssue(issueNumber: number, at: Instant): Effect {
  return { type: 'ask', key: `issue/${issueNumber}/${at}`, question: { about: 'issue', issueNumber } }
}

/** A verdict counts once GitHub has said that its author may write. */
export function askPermissions(pipeline: Pipeline): readonly Effect[] {
  return pipeline.pullRequests.flatMap((pullRequest) =>
    uncountedReviews(pullRequest).map(({ reviewer, id }) => ({
      type: 'ask',
      key: `permission/${pullRequest.number}/${reviewer}/${id}`,
      question: {
        about: 'permission',
        login: reviewer,
        for: { kind: 'review', pullRequestNumber: pullRequest.number },
      },
    })),
  )
}
