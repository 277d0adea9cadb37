// GitHub's answer to a question, in our words.

import type { GitHub } from '../github/client.ts'
import type { IssueReading, PullRequestReading, ReviewReading } from '../github/queries.ts'
import type { ConfigurationReading } from '../github/repository-files.ts'
import type { Where } from '../github/request.ts'
import type { Answer, Configuration, Question } from '../pipeline/model/effects.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { IssueFact, PullRequestFact, ReviewFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { runFact } from './run-fact.ts'

/**
 * Asks GitHub; `evidence` says which question this was and when, `organisation` where the owner keeps what all its
 * repositories share. Throws GitHubFailure.
 */
export async function ask(
  github: GitHub,
  where: Where,
  organisation: Where | null,
  question: Question,
  evidence: Evidence,
): Promise<Answer> {
  switch (question.about) {
    case 'issue': {
      const { issue, pullRequests, defaultBranchSha } = await github.readIssue(where, question.issueNumber)
      return {
        about: 'issue',
        issue: issue && issueFact(issue, evidence),
        pullRequests: pullRequests.map((pullRequest) => pullRequestFact(pullRequest, evidence)),
        defaultBranchSha,
        configuration: configurationOf(await github.readConfiguration(where, organisation)),
      }
    }
    case 'pull_request':
      return { about: 'pull_request', closes: await github.readClosingIssues(where, question.pullRequestNumber) }
    case 'permission':
      return { about: 'permission', role: await github.readRole(where, question.login) }
    case 'run': {
      const read = await github.readRun(where, question.runId)
      return { about: 'run', run: read && runFact(read.run, read.jobs, evidence) }
    }
    case 'configuration':
      return { about: 'configuration', ...(await github.readConfiguration(where, organisation)) }
  }
}

function configurationOf({ text, sha, source }: ConfigurationReading): Configuration | null {
  return text === null || sha === null || source === null ? null : { text, sha, source }
}

function issueFact(issue: IssueReading, evidence: Evidence): IssueFact {
  return {
    number: issue.number,
    title: issue.title,
    url: issue.url,
    author: issue.author,
    state: issue.state === 'OPEN' ? 'open' : 'closed',
    stateReason: stateReason(issue.stateReason),
    closedAt: issue.closedAt === null ? null : instant(issue.closedAt),
    updatedAt: instant(issue.updatedAt),
    evidence,
  }
}

function stateReason(reason: string | null): IssueFact['stateReason'] {
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

function pullRequestFact(reading: PullRequestReading, evidence: Evidence): PullRequestFact {
  return {
    number: reading.number,
    title: reading.title,
    url: reading.url,
    author: reading.author,
    state: reading.state === 'MERGED' ? 'merged' : reading.state === 'CLOSED' ? 'closed' : 'open',
    draft: reading.draft,
    branch: reading.fork === null ? reading.branch : `${reading.fork}:${reading.branch}`,
    headSha: reading.headSha,
    sightings: [],
    replacedShas: [],
    closes: reading.closes,
    closesAt: evidence.at,
    reviews: reading.reviews.flatMap((review) => reviewFact(review, evidence) ?? []),
    mayWrite: {},
    updatedAt: instant(reading.updatedAt),
    evidence,
  }
}

const VERDICTS: Readonly<Record<string, ReviewFact['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
}

function reviewFact(review: ReviewReading, evidence: Evidence): ReviewFact | null {
  const state = VERDICTS[review.state]
  if (state === undefined) return null
  const { id, reviewer, bot, commitSha, submittedAt } = review
  return { id, reviewer, bot, state, commitSha, submittedAt: instant(submittedAt), evidence }
}

/** GitHub tells seconds; moments of ours always carry milliseconds, so that they sort as text. */
function instant(told: string): Instant {
  return new Date(told).toISOString()
}
