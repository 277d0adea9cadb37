// GitHub's answer to a question, in our words.

import type { GitHub } from '../github/client.ts'
import type { GitHubIssue, GitHubPullRequest, GitHubReview } from '../github/queries.ts'
import type { ConfigurationFile } from '../github/repository-files.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Answer, Configuration, Question } from '../pipeline/model/effects.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { IssueFact, PullRequestFact, ReviewFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { runFactOf } from './run-fact.ts'

/**
 * Asks GitHub; `evidence` says which question this was and when, `organisation` where the owner keeps what all its
 * repositories share. Throws GitHubFailure.
 */
export async function askGitHub(
  github: GitHub,
  access: RepositoryAccess,
  organisation: RepositoryAccess | null,
  question: Question,
  evidence: Evidence,
): Promise<Answer> {
  switch (question.about) {
    case 'issue': {
      const { issue, pullRequests, defaultBranchSha } = await github.readIssue(access, question.issueNumber)
      return {
        about: 'issue',
        issue: issue && issueFactOf(issue, evidence),
        pullRequests: pullRequests.map((pullRequest) => pullRequestFactOf(pullRequest, evidence)),
        defaultBranchSha,
        configuration: configurationOf(await github.readConfiguration(access, organisation)),
      }
    }
    case 'pull_request':
      return { about: 'pull_request', closes: await github.readClosingIssues(access, question.pullRequestNumber) }
    case 'permission':
      return { about: 'permission', role: await github.readRole(access, question.login) }
    case 'run': {
      const read = await github.readRun(access, question.runId)
      return { about: 'run', run: read && runFactOf(read.run, read.jobs, evidence) }
    }
    case 'configuration':
      return { about: 'configuration', ...(await github.readConfiguration(access, organisation)) }
  }
}

function configurationOf({ text, sha, source }: ConfigurationFile): Configuration | null {
  return text === null || sha === null || source === null ? null : { text, sha, source }
}

function issueFactOf(issue: GitHubIssue, evidence: Evidence): IssueFact {
  return {
    number: issue.number,
    title: issue.title,
    url: issue.url,
    author: issue.author,
    state: issue.state === 'OPEN' ? 'open' : 'closed',
    stateReason: stateReasonOf(issue.stateReason),
    closedAt: issue.closedAt === null ? null : toInstant(issue.closedAt),
    updatedAt: toInstant(issue.updatedAt),
    evidence,
  }
}

function stateReasonOf(reason: string | null): IssueFact['stateReason'] {
  switch (reason) {
    case 'COMPLETED':
      return 'completed'
    case 'NOT_PLANNED':
      return 'not_planned'
    case 'DUPLICATE':
      return 'duplicate'
    case 'REOPENED':
      return 'reopened'
    default:
      return null
  }
}

function pullRequestFactOf(reading: GitHubPullRequest, evidence: Evidence): PullRequestFact {
  return {
    number: reading.number,
    title: reading.title,
    url: reading.url,
    author: reading.author,
    state: reading.state === 'MERGED' ? 'merged' : reading.state === 'CLOSED' ? 'closed' : 'open',
    draft: reading.draft,
    branch: reading.fork === null ? reading.branch : `${reading.fork}:${reading.branch}`,
    headSha: reading.headSha,
    snapshots: [],
    replacedShas: [],
    closingIssues: reading.closes,
    closingIssuesAt: evidence.at,
    reviews: reading.reviews.flatMap((review) => reviewFactOf(review, evidence) ?? []),
    writePermissions: {},
    updatedAt: toInstant(reading.updatedAt),
    evidence,
  }
}

const REVIEW_STATES: Readonly<Record<string, ReviewFact['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
}

function reviewFactOf(review: GitHubReview, evidence: Evidence): ReviewFact | null {
  const state = REVIEW_STATES[review.state]
  if (state === undefined) return null
  const { id, reviewer, bot, commitSha, submittedAt } = review
  return { id, reviewer, bot, state, commitSha, submittedAt: toInstant(submittedAt), evidence }
}

/** GitHub tells seconds; moments of ours always carry milliseconds, so that they sort as text. */
function toInstant(told: string): Instant {
  return new Date(told).toISOString()
}
