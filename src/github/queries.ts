// What only GitHub knows. Reads: they may be asked again at any time.
import type { Role } from '../pipeline/model/effects.ts'
import { GitHubFailure } from './failure.ts'
import { asNumber, asObject, asObjects, asString, expectPresent, type JsonObject } from './json.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** An issue as GraphQL tells it. */
export type GitHubIssue = {
  readonly number: number
  readonly title: string
  readonly url: string
  readonly author: string | null
  readonly state: 'OPEN' | 'CLOSED'
  readonly stateReason: string | null
  readonly closedAt: string | null
  readonly updatedAt: string
}

export type GitHubReview = {
  readonly id: number
  readonly reviewer: string
  readonly bot: boolean
  readonly state: string
  readonly commitSha: string
  readonly submittedAt: string
}

export type GitHubPullRequest = {
  readonly number: number
  readonly title: string
  readonly url: string
  readonly author: string | null
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED'
  readonly draft: boolean
  readonly branch: string
  /** Whose fork the head is in; null when it is in this repository. */
  readonly fork: string | null
  readonly headSha: string
  readonly closes: readonly number[]
  readonly reviews: readonly GitHubReview[]
  readonly updatedAt: string
}

export type Queries = {
  /** The issue (null: there is none by that number), what is to close it, and where the default branch stands. */
  readIssue(
    access: RepositoryAccess,
    issueNumber: number,
  ): Promise<{
    readonly issue: GitHubIssue | null
    readonly pullRequests: readonly GitHubPullRequest[]
    readonly defaultBranchSha: string | null
  }>
  /** The issues of this repository that a pull request closes. There is no webhook for links made by hand. */
  readClosingIssues(access: RepositoryAccess, pullRequestNumber: number): Promise<readonly number[]>
  /** The commit at the head of the default branch; null in a repository without a commit. */
  readDefaultBranchSha(access: RepositoryAccess): Promise<string | null>
  /** What somebody may there, by what GitHub clearly says; somebody it does not know may nothing. */
  readRole(access: RepositoryAccess, login: string): Promise<Role>
}

export function openQueries(call: SendRequest): Queries {
  async function ask(access: RepositoryAccess, query: string, variables: JsonObject): Promise<JsonObject> {
    const asked = { query, variables: { owner: access.owner, name: access.name, ...variables } }
    // Octokit's own graphql() throws partial answers away; for a missing issue they are the answer.
    const answer = asObject((await call(access, 'read', 'POST /graphql', asked)).body)
    const repository = asObject(asObject(answer?.data)?.repository)
    const errors = asObjects(answer?.errors)
    if (errors.every((error) => error.type === 'NOT_FOUND')) {
      if (repository !== null) return repository
      if (errors.length > 0) throw new GitHubFailure('not_found', `GitHub knows no ${access.owner}/${access.name}`)
    }
    throw graphqlFailureOf(errors)
  }

  return {
    async readIssue(access, issueNumber) {
      const repository = await ask(access, ISSUE_QUERY, { number: issueNumber })
      const issue = asObject(repository.issue)
      return {
        issue: issue && parseIssue(issue),
        pullRequests: nodesOf(issue?.closedByPullRequestsReferences)
          .filter((node) => isInRepository(access, node))
          .map((node) => parsePullRequest(access, node)),
        defaultBranchSha: defaultBranchShaOf(repository),
      }
    },

    async readClosingIssues(access, pullRequestNumber) {
      const repository = await ask(access, PULL_REQUEST_QUERY, { number: pullRequestNumber })
      return closingIssueNumbersOf(access, asObject(repository.pullRequest))
    },

    async readDefaultBranchSha(access) {
      return defaultBranchShaOf(await ask(access, DEFAULT_BRANCH_QUERY, {}))
    },

    async readRole(access, login) {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
      try {
        const told = asObject((await call(access, 'read', route, { username: login })).body)
        return roleOf(expectPresent(asString(told?.permission), 'permission'), asString(told?.role_name))
      } catch (failure) {
        if (failure instanceof GitHubFailure && failure.kind === 'not_found') return 'none'
        throw failure
      }
    },
  }
}

/** `permission` is the coarse word, which folds maintain into write and triage into read; an organisation's own roles have any name. */
function roleOf(permission: string, roleName: string | null): Role {
  switch (permission) {
    case 'admin':
      return 'admin'
    case 'write':
      return roleName === 'maintain' ? 'maintain' : 'write'
    case 'read':
      return roleName === 'triage' ? 'triage' : 'read'
    default:
      return 'none'
  }
}

const CLOSING_ISSUES_FIELD = `closingIssuesReferences(first: 50) { nodes { number repository { databaseId } } }`

const DEFAULT_BRANCH_QUERY = `query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { defaultBranchRef { target { oid } } }
}`

const ISSUE_QUERY = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef { target { oid } }
    issue(number: $number) {
      number title url state stateReason closedAt updatedAt
      author { login }
      closedByPullRequestsReferences(first: 20, includeClosedPrs: true) {
        nodes {
          number title url state isDraft headRefName headRefOid isCrossRepository updatedAt
          author { login }
          headRepositoryOwner { login }
          repository { databaseId }
          ${CLOSING_ISSUES_FIELD}
          reviews(last: 50, states: [APPROVED, CHANGES_REQUESTED, DISMISSED]) {
            nodes { databaseId state submittedAt author { __typename login } commit { oid } }
          }
        }
      }
    }
  }
}`

const PULL_REQUEST_QUERY = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${CLOSING_ISSUES_FIELD} } }
}`

function graphqlFailureOf(errors: readonly JsonObject[]): GitHubFailure {
  const message =
    errors.map((error) => asString(error.message)).join('; ') || 'GitHub answered a query without an answer'
  // GraphQL says it with status 200 and no `retry-after`.
  const isLimit = errors.some(({ type }) => type === 'RATE_LIMITED' || type === 'RATE_LIMIT')
  if (isLimit || /\brate limit\b/i.test(message)) return new GitHubFailure('rate_limited', message)
  if (errors.some((error) => error.type === 'FORBIDDEN' || error.type === 'INSUFFICIENT_SCOPES')) {
    return new GitHubFailure('refused', message)
  }
  return new GitHubFailure('retryable', message)
}

function defaultBranchShaOf(repository: JsonObject): string | null {
  return asString(asObject(asObject(repository.defaultBranchRef)?.target)?.oid)
}

function nodesOf(connection: unknown): readonly JsonObject[] {
  return asObjects(asObject(connection)?.nodes)
}

/** An issue may be closed from another repository; that one's numbers mean nothing here. */
function isInRepository(access: RepositoryAccess, node: JsonObject): boolean {
  const id = asNumber(asObject(node.repository)?.databaseId)
  return id === null || id === access.repositoryId
}

function closingIssueNumbersOf(access: RepositoryAccess, pullRequest: JsonObject | null): readonly number[] {
  return nodesOf(pullRequest?.closingIssuesReferences)
    .filter((node) => isInRepository(access, node))
    .flatMap((node) => asNumber(node.number) ?? [])
}

function parseIssue(node: JsonObject): GitHubIssue {
  return {
    number: expectPresent(asNumber(node.number), 'number'),
    title: expectPresent(asString(node.title), 'title'),
    url: expectPresent(asString(node.url), 'url'),
    author: asString(asObject(node.author)?.login),
    state: node.state === 'CLOSED' ? 'CLOSED' : 'OPEN',
    stateReason: asString(node.stateReason),
    closedAt: asString(node.closedAt),
    updatedAt: expectPresent(asString(node.updatedAt), 'updatedAt'),
  }
}

function parsePullRequest(access: RepositoryAccess, node: JsonObject): GitHubPullRequest {
  return {
    number: expectPresent(asNumber(node.number), 'number'),
    title: expectPresent(asString(node.title), 'title'),
    url: expectPresent(asString(node.url), 'url'),
    author: asString(asObject(node.author)?.login),
    state: node.state === 'MERGED' || node.state === 'CLOSED' ? node.state : 'OPEN',
    draft: node.isDraft === true,
    branch: expectPresent(asString(node.headRefName), 'headRefName'),
    fork: node.isCrossRepository === true ? (asString(asObject(node.headRepositoryOwner)?.login) ?? 'ghost') : null,
    headSha: expectPresent(asString(node.headRefOid), 'headRefOid'),
    closes: closingIssueNumbersOf(access, node),
    reviews: nodesOf(node.reviews).flatMap((review) => parseReview(review) ?? []),
    updatedAt: expectPresent(asString(node.updatedAt), 'updatedAt'),
  }
}

/** A review by somebody who left GitHub, or of a commit that is gone, counts for nothing. */
function parseReview(node: JsonObject): GitHubReview | null {
  const author = asObject(node.author)
  const id = asNumber(node.databaseId)
  const reviewer = asString(author?.login)
  const state = asString(node.state)
  const commitSha = asString(asObject(node.commit)?.oid)
  const submittedAt = asString(node.submittedAt)
  if (id === null || reviewer === null || state === null || commitSha === null || submittedAt === null) return null
  const bot = author?.__typename === 'Bot'
  return { id, reviewer: bot ? botLoginOf(reviewer) : reviewer, bot, state, commitSha, submittedAt }
}

/** GraphQL says `claude` where REST and deliveries say `claude[bot]`; a person may be called `claude` as well. */
function botLoginOf(login: string): string {
  return login.endsWith('[bot]') ? login : `${login}[bot]`
}
