// What no webhook carries and GitHub must be asked for. These are reads: they can be repeated at any time.

import type { ReadReceipt } from '../translate/fields.ts'
import {
  type IssueRead,
  type PullRequestRead,
  translateDefaultBranchRead,
  translateIssueRead,
  translatePullRequestRead,
} from '../translate/graphql-reads.ts'
import { translateAssigneesRead } from '../translate/issues.ts'
import { type RoleRead, translateRoleRead } from '../translate/role.ts'
import { expectObject, readAnswer } from './answer.ts'
import { nullIfNotFound } from './failure.ts'
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
  /** A pull request, and the issues of this repository that it closes. No webhook reports links made by hand. */
  readPullRequest(
    access: RepositoryAccess,
    pullRequestNumber: number,
    receipt: ReadReceipt,
  ): Promise<PullRequestRead & { readonly gaps: readonly Gap[] }>
  /** The commit at the head of the default branch; null in a repository without a commit. */
  readDefaultBranchSha(access: RepositoryAccess): Promise<string | null>
  /** The user's role on the repository; null if GitHub does not know the user. With an id, no other user of that login counts. */
  readRole(access: RepositoryAccess, login: string, userId?: number): Promise<RoleRead | null>
  /** The logins of the people the issue is assigned to. */
  readAssignees(access: RepositoryAccess, issueNumber: number): Promise<readonly string[]>
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

    async readPullRequest(access, pullRequestNumber, receipt) {
      const read = await queryRepository(call, access, PULL_REQUEST_QUERY, { number: pullRequestNumber })
      const { gaps } = expectAnswered(read, 'pullRequest')
      return {
        ...readRepository(read, (answer) => translatePullRequestRead(access.repositoryId, answer, receipt)),
        gaps,
      }
    },

    async readDefaultBranchSha(access) {
      const read = await queryRepository(call, access, DEFAULT_BRANCH_QUERY)
      return readRepository(expectAnswered(read, 'defaultBranchRef'), translateDefaultBranchRead)
    },

    async readRole(access, login, userId) {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
      try {
        const { body } = await call(access, 'read', route, { username: login })
        return readAnswer(() => translateRoleRead(body, userId))
      } catch (failure) {
        return nullIfNotFound(failure)
      }
    },

    async readAssignees(access, issueNumber) {
      const { body } = await call(access, 'read', 'GET /repos/{owner}/{repo}/issues/{issue_number}', {
        issue_number: issueNumber,
      })
      return readAnswer(() => translateAssigneesRead(body))
    },
  }
}

const PULL_REQUEST_FIELDS = `number title url state isDraft headRefName headRefOid isCrossRepository updatedAt
  author { __typename login }
  headRepositoryOwner { login }
  repository { databaseId }
  closingIssuesReferences(first: 50) { nodes { number repository { databaseId } } }
  reviews(last: 50, states: [APPROVED, CHANGES_REQUESTED, DISMISSED]) {
    nodes { databaseId state submittedAt author { __typename login } commit { oid } }
  }`

const DEFAULT_BRANCH_QUERY = `query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { defaultBranchRef { target { oid } } }
}`

const ISSUE_QUERY = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef { target { oid } }
    issue(number: $number) {
      number title url state stateReason closedAt updatedAt
      author { __typename login }
      assignees(first: 10) { nodes { __typename login } }
      closedByPullRequestsReferences(first: 100, includeClosedPrs: true) { nodes { ${PULL_REQUEST_FIELDS} } }
    }
  }
}`

const PULL_REQUEST_QUERY = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${PULL_REQUEST_FIELDS} } }
}`
