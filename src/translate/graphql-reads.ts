// What GraphQL answers about an issue and what is to close it. Its names and enums differ from REST's; the facts do not.
// A field that is missing or of another type makes the whole answer unreadable: nothing is read into its absence.
import { z } from 'zod'
import type { IssueFact, PullRequestFact, ReviewFact } from '../pipeline/model/facts.ts'
import {
  type Account,
  id,
  identifier,
  number,
  optionalTimestamp,
  type ReadReceipt,
  readPayload,
  sha,
  timestamp,
  truncatedText,
  webUrl,
} from './fields.ts'
import { forkBranch } from './fork-branch.ts'
import { type IssueFields, issueFactOf } from './issues.ts'
import { pullRequestFactOf } from './pull-request.ts'

/** An issue (null: there is none by that number), what is to close it, and the commit at the default branch's head. */
export type IssueRead = {
  readonly issue: IssueFact | null
  readonly pullRequests: readonly PullRequestFact[]
  readonly defaultBranchSha: string | null
}

const actor = z
  .object({ __typename: z.string().optional(), login: identifier })
  .transform(({ __typename, login }): Account => {
    if (__typename !== 'Bot') return { login, type: 'User' }
    // GraphQL says `claude` where REST and deliveries say `claude[bot]`; a person may be called `claude` as well.
    return { login: login.endsWith('[bot]') ? login : `${login}[bot]`, type: 'Bot' }
  })
const author = actor.nullable().transform((known): Account => known ?? { login: 'ghost', type: 'User' })

/** Nodes that may not be seen are null. */
function connectionOf<T>(node: z.ZodType<T>) {
  return z
    .object({ nodes: z.array(node.nullable()) })
    .transform(({ nodes }) => nodes.filter((one): one is Exclude<typeof one, null> => one !== null))
}

const repositoryOfNode = z.object({ databaseId: id.nullish() }).nullish()

const closingIssues = connectionOf(z.object({ number, repository: repositoryOfNode }))

const review = z.object({
  databaseId: id.nullable(),
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED']),
  submittedAt: optionalTimestamp,
  author: actor.nullable(),
  commit: z.object({ oid: sha }).nullable(),
})

const pullRequest = z.object({
  number,
  title: truncatedText,
  url: webUrl,
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  headRefName: identifier,
  headRefOid: sha,
  isCrossRepository: z.boolean(),
  headRepositoryOwner: z.object({ login: identifier }).nullable(),
  updatedAt: timestamp,
  author,
  repository: repositoryOfNode,
  closingIssuesReferences: closingIssues,
  reviews: connectionOf(review),
})

const issue = z.object({
  number,
  title: truncatedText,
  url: webUrl,
  state: z.enum(['OPEN', 'CLOSED']),
  // A reason GitHub may invent tomorrow says no more to us than none.
  stateReason: z.enum(['COMPLETED', 'NOT_PLANNED', 'DUPLICATE', 'REOPENED']).nullish().catch(null),
  closedAt: optionalTimestamp,
  updatedAt: timestamp,
  author,
  closedByPullRequestsReferences: connectionOf(pullRequest),
})

const defaultBranchRepository = z.object({
  defaultBranchRef: z.object({ target: z.object({ oid: sha }) }).nullable(),
})
const issueRepository = defaultBranchRepository.extend({ issue: issue.nullable() })
const pullRequestRepository = z.object({
  pullRequest: z.object({ closingIssuesReferences: closingIssues }).nullable(),
})

export function translateIssueRead(repositoryId: number, repository: unknown, evidence: ReadReceipt): IssueRead {
  const { issue, defaultBranchRef } = readPayload(issueRepository, repository)
  // An issue may be closed from another repository; that one's numbers mean nothing here.
  const here = issue?.closedByPullRequestsReferences.filter((node) => isInRepository(repositoryId, node)) ?? []
  return {
    issue: issue && issueFactOf(issueFieldsOf(issue), evidence),
    pullRequests: here.map((node) => pullRequestFactOfNode(repositoryId, node, evidence)),
    defaultBranchSha: defaultBranchRef?.target.oid ?? null,
  }
}

/** The issues of the repository that a pull request closes; none when there is no such pull request. */
export function translateClosingIssuesRead(repositoryId: number, repository: unknown): readonly number[] {
  const { pullRequest } = readPayload(pullRequestRepository, repository)
  return pullRequest === null ? [] : closingNumbersOf(repositoryId, pullRequest.closingIssuesReferences)
}

/** The commit at the head of the default branch; null in a repository without a commit. */
export function translateDefaultBranchRead(repository: unknown): string | null {
  return readPayload(defaultBranchRepository, repository).defaultBranchRef?.target.oid ?? null
}

function issueFieldsOf(node: z.output<typeof issue>): IssueFields {
  return {
    number: node.number,
    title: node.title,
    html_url: node.url,
    user: node.author,
    state: node.state === 'OPEN' ? 'open' : 'closed',
    state_reason: node.stateReason == null ? null : ISSUE_STATE_REASONS[node.stateReason],
    closed_at: node.closedAt,
    updated_at: node.updatedAt,
  }
}

const ISSUE_STATE_REASONS = {
  COMPLETED: 'completed',
  NOT_PLANNED: 'not_planned',
  DUPLICATE: 'duplicate',
  REOPENED: 'reopened',
} as const

function pullRequestFactOfNode(
  repositoryId: number,
  node: z.output<typeof pullRequest>,
  evidence: ReadReceipt,
): PullRequestFact {
  const fact = pullRequestFactOf(
    {
      number: node.number,
      title: node.title,
      url: node.url,
      author: node.author.login,
      state: PULL_REQUEST_STATES[node.state],
      draft: node.isDraft,
      branch: node.isCrossRepository ? forkBranch(node.headRepositoryOwner?.login, node.headRefName) : node.headRefName,
      headSha: node.headRefOid,
      updatedAt: node.updatedAt,
    },
    evidence,
  )
  return {
    ...fact,
    closingIssues: closingNumbersOf(repositoryId, node.closingIssuesReferences),
    closingIssuesAt: evidence.at,
    reviews: node.reviews.flatMap((one) => reviewFactOf(one, evidence) ?? []),
  }
}

const PULL_REQUEST_STATES = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const

const REVIEW_STATES = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
} as const

/** A review by an account that left GitHub, or of a commit that is gone, counts for nothing. */
function reviewFactOf(node: z.output<typeof review>, evidence: ReadReceipt): ReviewFact | null {
  const { databaseId, author, commit, submittedAt, state } = node
  if (databaseId === null || author === null || commit === null || submittedAt === null) return null
  return {
    id: databaseId,
    reviewer: author.login,
    bot: author.type === 'Bot',
    state: REVIEW_STATES[state],
    commitSha: commit.oid,
    submittedAt,
    evidence,
  }
}

function closingNumbersOf(repositoryId: number, nodes: z.output<typeof closingIssues>): readonly number[] {
  return nodes.filter((node) => isInRepository(repositoryId, node)).map((node) => node.number)
}

function isInRepository(repositoryId: number, node: { readonly repository?: z.output<typeof repositoryOfNode> }) {
  const id = node.repository?.databaseId ?? null
  return id === null || id === repositoryId
}
