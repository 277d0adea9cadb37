// Translates GraphQL's answers about an issue and the pull requests that close it. Names and enums differ from REST's, the
// facts do not. A missing field, or one of another type, makes the whole answer unreadable: absence is no information.
// Null, for a list or for one of its items, is what the App may not see or GitHub could not say: it is passed over.
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
import { assignedPeople, type IssueFields, issueFactOf } from './issues.ts'
import { pullRequestFactOf } from './pull-request.ts'

/** An issue (null if there is none), the pull requests that close it, and the commit at the default branch's head. */
export type IssueRead = {
  readonly issue: IssueFact | null
  readonly pullRequests: readonly PullRequestFact[]
  readonly defaultBranchSha: string | null
}

/** A pull request (null if there is none), and the issues of the repository that it closes. */
export type PullRequestRead = {
  readonly closes: readonly number[] | null
  readonly pullRequest: PullRequestFact | null
}

const actor = z
  .object({ __typename: z.string().optional(), login: identifier })
  .transform(({ __typename, login }): Account => {
    if (__typename !== 'Bot') return { login, type: 'User' }
    // GraphQL names a bot `claude` where REST and deliveries name it `claude[bot]`; a user may be called `claude` as well.
    return { login: login.endsWith('[bot]') ? login : `${login}[bot]`, type: 'Bot' }
  })
const author = actor.nullable().transform((account): Account => account ?? { login: 'ghost', type: 'User' })

/** Null when nothing of the list was answered. */
function connectionOf<T>(node: z.ZodType<T>) {
  return z
    .object({ nodes: z.array(node.nullable()) })
    .nullable()
    .transform((connection) => {
      if (connection === null) return null
      const nodes = connection.nodes.filter((node): node is Exclude<typeof node, null> => node !== null)
      return nodes.length === 0 && connection.nodes.length > 0 ? null : nodes
    })
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
  // A reason that GitHub adds later is treated as none.
  stateReason: z.enum(['COMPLETED', 'NOT_PLANNED', 'DUPLICATE', 'REOPENED']).nullish().catch(null),
  closedAt: optionalTimestamp,
  updatedAt: timestamp,
  author,
  assignees: connectionOf(actor),
  closedByPullRequestsReferences: connectionOf(pullRequest),
})

const defaultBranchRepository = z.object({
  defaultBranchRef: z.object({ target: z.object({ oid: sha }) }).nullable(),
})
const issueRepository = defaultBranchRepository.extend({ issue: issue.nullable() })
const pullRequestRepository = z.object({ pullRequest: pullRequest.nullable() })

export function translateIssueRead(repositoryId: number, repository: unknown, evidence: ReadReceipt): IssueRead {
  const { issue, defaultBranchRef } = readPayload(issueRepository, repository)
  // A pull request of another repository may close the issue; its number means nothing here.
  const pullRequests = issue?.closedByPullRequestsReferences?.filter((node) => isInRepository(repositoryId, node)) ?? []
  return {
    issue: issue && issueFactOf(issueFieldsOf(issue), evidence),
    pullRequests: pullRequests.map((node) => pullRequestFactOfNode(repositoryId, node, evidence)),
    defaultBranchSha: defaultBranchRef?.target.oid ?? null,
  }
}

/** None when there is no such pull request; the issues that it closes are null when GitHub did not say. */
export function translatePullRequestRead(
  repositoryId: number,
  repository: unknown,
  evidence: ReadReceipt,
): PullRequestRead {
  const { pullRequest } = readPayload(pullRequestRepository, repository)
  if (pullRequest === null) return { closes: [], pullRequest: null }
  const fact = pullRequestFactOfNode(repositoryId, pullRequest, evidence)
  return { closes: fact.closingIssues, pullRequest: { ...fact, closingIssues: null, closingIssuesAt: null } }
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
    assignees: assignedPeople(node.assignees ?? []),
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
      bot: node.author.type === 'Bot',
      state: PULL_REQUEST_STATES[node.state],
      draft: node.isDraft,
      branch: node.isCrossRepository ? forkBranch(node.headRepositoryOwner?.login, node.headRefName) : node.headRefName,
      headSha: node.headRefOid,
      updatedAt: node.updatedAt,
    },
    evidence,
  )
  const closing = node.closingIssuesReferences
  return {
    ...fact,
    closingIssues: closing && closingNumbersOf(repositoryId, closing),
    closingIssuesAt: closing && evidence.at,
    reviews: (node.reviews ?? []).flatMap((review) => reviewFactOf(review, evidence) ?? []),
  }
}

const PULL_REQUEST_STATES = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const

const REVIEW_STATES = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
} as const

/** Null for a review without an author or a commit, because the account or the commit was deleted. */
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

function closingNumbersOf(repositoryId: number, nodes: NonNullable<z.output<typeof closingIssues>>): readonly number[] {
  return nodes.filter((node) => isInRepository(repositoryId, node)).map((node) => node.number)
}

function isInRepository(repositoryId: number, node: { readonly repository?: z.output<typeof repositoryOfNode> }) {
  const id = node.repository?.databaseId ?? null
  return id === null || id === repositoryId
}
