// What no webhook carries and GitHub must be asked for. These are reads: they can be repeated at any time.
import type { ReadReceipt } from '../translate/fields.ts'
import {
  type IssueRead,
  translateClosingIssuesRead,
  translateDefaultBranchRead,
  translateIssueRead,
} from '../translate/graphql-reads.ts'
import { type RoleRead, translateRoleRead } from '../translate/role.ts'
import { asObject, asString, expectObject, expectObjects, type JsonObject, readAnswer } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

export type Queries = {
  /** The issue (null if there is none), the pull requests that close it, and the head of the default branch. */
  readIssue(access: RepositoryAccess, issueNumber: number, receipt: ReadReceipt): Promise<IssueRead>
  /** The issues of this repository that a pull request closes. No webhook reports links made by hand. */
  readClosingIssues(access: RepositoryAccess, pullRequestNumber: number): Promise<readonly number[]>
  /** The commit at the head of the default branch; null in a repository without a commit. */
  readDefaultBranchSha(access: RepositoryAccess): Promise<string | null>
  /** The user's role on the repository; `none` if GitHub does not know the user. */
  readRole(access: RepositoryAccess, login: string): Promise<RoleRead>
}

export function openQueries(call: SendRequest): Queries {
  async function ask(access: RepositoryAccess, query: string, variables: JsonObject): Promise<JsonObject> {
    const request = { query, variables: { owner: access.owner, name: access.name, ...variables } }
    // Octokit's graphql() discards partial answers, but for a missing issue the partial answer is what we need.
    const answer = expectObject((await call(access, 'read', 'POST /graphql', request)).body, 'the result')
    const repository = asObject(asObject(answer.data)?.repository)
    const errors = expectObjects(answer.errors ?? [], 'errors')
    if (errors.every((error) => error.type === 'NOT_FOUND')) {
      if (repository !== null) return repository
      if (errors.length > 0)
        throw new GitHubFailure('not_found', `GitHub has no repository ${access.owner}/${access.name}`)
    }
    throw graphqlFailureOf(errors)
  }

  return {
    async readIssue(access, issueNumber, receipt) {
      const repository = await ask(access, ISSUE_QUERY, { number: issueNumber })
      return readAnswer(() => translateIssueRead(access.repositoryId, repository, receipt))
    },

    async readClosingIssues(access, pullRequestNumber) {
      const repository = await ask(access, PULL_REQUEST_QUERY, { number: pullRequestNumber })
      return readAnswer(() => translateClosingIssuesRead(access.repositoryId, repository))
    },

    async readDefaultBranchSha(access) {
      const repository = await ask(access, DEFAULT_BRANCH_QUERY, {})
      return readAnswer(() => translateDefaultBranchRead(repository))
    },

    async readRole(access, login) {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
      try {
        const { body } = await call(access, 'read', route, { username: login })
        return readAnswer(() => translateRoleRead(body))
      } catch (failure) {
        if (failure instanceof GitHubFailure && failure.kind === 'not_found') return 'none'
        throw failure
      }
    },
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
      author { __typename login }
      closedByPullRequestsReferences(first: 20, includeClosedPrs: true) {
        nodes {
          number title url state isDraft headRefName headRefOid isCrossRepository updatedAt
          author { __typename login }
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
  const message = errors.map((error) => asString(error.message)).join('; ') || 'GitHub sent an empty answer to a query'
  // GraphQL reports a rate limit with status 200 and no `retry-after`.
  const isLimit = errors.some(({ type }) => type === 'RATE_LIMITED' || type === 'RATE_LIMIT')
  if (isLimit || /\brate limit\b/i.test(message)) return new GitHubFailure('rate_limited', message)
  if (errors.some((error) => error.type === 'FORBIDDEN' || error.type === 'INSUFFICIENT_SCOPES')) {
    return new GitHubFailure('refused', message)
  }
  return new GitHubFailure('retryable', message)
}
