// What no webhook carries and GitHub must be asked for. These are reads: they can be repeated at any time.

import type { ReadReceipt } from '../translate/fields.ts'
import {
  type IssueRead,
  translateClosingIssuesRead,
  translateDefaultBranchRead,
  translateIssueRead,
} from '../translate/graphql-reads.ts'
import { type RoleRead, translateRoleRead } from '../translate/role.ts'
import { expectObject, readAnswer } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import { expectAnswered, type Gap, queryRepository, readRepository } from './graphql.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

export type Queries = {
  /** Fails unless GitHub knows the App by its id and key. */
  checkApp(): Promise<void>
  /** The issue (null if there is none), the pull requests that close it, the head of the default branch, and the rest. */
  readIssue(
    access: RepositoryAccess,
    issueNumber: number,
    receipt: ReadReceipt,
  ): Promise<IssueRead & { readonly gaps: readonly Gap[] }>
  /** The issues of this repository that a pull request closes. No webhook reports links made by hand. */
  readClosingIssues(access: RepositoryAccess, pullRequestNumber: number): Promise<readonly number[]>
  /** The commit at the head of the default branch; null in a repository without a commit. */
  readDefaultBranchSha(access: RepositoryAccess): Promise<string | null>
  /** The user's role on the repository; `none` if GitHub does not know the user. */
  readRole(access: RepositoryAccess, login: string): Promise<RoleRead>
}

export function openQueries(call: SendRequest): Queries {
  return {
    async checkApp() {
      const { body } = await call(null, 'read', 'GET /app')
      readAnswer(() => expectObject(body, 'the App'))
    },

    async readIssue(access, issueNumber, receipt) {
      const read = await queryRepository(call, access, ISSUE_QUERY, { number: issueNumber })
      const { gaps } = read
      return { ...readRepository(read, (answer) => translateIssueRead(access.repositoryId, answer, receipt)), gaps }
    },

    async readClosingIssues(access, pullRequestNumber) {
      const read = await queryRepository(call, access, PULL_REQUEST_QUERY, { number: pullRequestNumber })
      const answered = expectAnswered(read, 'pullRequest')
      return readRepository(answered, (answer) => translateClosingIssuesRead(access.repositoryId, answer))
    },

    async readDefaultBranchSha(access) {
      const read = await queryRepository(call, access, DEFAULT_BRANCH_QUERY)
      return readRepository(expectAnswered(read, 'defaultBranchRef'), translateDefaultBranchRead)
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
