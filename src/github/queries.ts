// What only GitHub knows. Reads: they may be asked again at any time.
import type { Role } from '../pipeline/model/effects.ts'
import { GitHubFailure } from './failure.ts'
import { type Fields, fields, need, number, rows, text } from './json.ts'
import type { Call, Where } from './request.ts'

/** An issue as GraphQL tells it. */
export type IssueReading = {
  readonly number: number
  readonly title: string
  readonly url: string
  readonly author: string | null
  readonly state: 'OPEN' | 'CLOSED'
  readonly stateReason: string | null
  readonly closedAt: string | null
  readonly updatedAt: string
}

export type ReviewReading = {
  readonly id: number
  readonly reviewer: string
  readonly bot: boolean
  readonly state: string
  readonly commitSha: string
  readonly submittedAt: string
}

export type PullRequestReading = {
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
  readonly reviews: readonly ReviewReading[]
  readonly updatedAt: string
}

export type Questions = {
  /** The issue (null: there is none by that number), what is to close it, and where the default branch stands. */
  readIssue(
    where: Where,
    issueNumber: number,
  ): Promise<{
    readonly issue: IssueReading | null
    readonly pullRequests: readonly PullRequestReading[]
    readonly defaultBranchSha: string | null
  }>
  /** The issues of this repository that a pull request closes. There is no webhook for links made by hand. */
  readClosingIssues(where: Where, pullRequestNumber: number): Promise<readonly number[]>
  /** The commit at the head of the default branch; null in a repository without a commit. */
  readHead(where: Where): Promise<string | null>
  /** What somebody may there, by what GitHub clearly says; somebody it does not know may nothing. */
  readRole(where: Where, login: string): Promise<Role>
}

export function openQuestions(call: Call): Questions {
  async function ask(where: Where, query: string, variables: Fields): Promise<Fields> {
    const asked = { query, variables: { owner: where.owner, name: where.name, ...variables } }
    // Octokit's own graphql() throws partial answers away; for a missing issue they are the answer.
    const answer = fields((await call(where, 'read', 'POST /graphql', asked)).body)
    const repository = fields(fields(answer?.data)?.repository)
    const errors = rows(answer?.errors)
    if (errors.every((error) => error.type === 'NOT_FOUND')) {
      if (repository !== null) return repository
      if (errors.length > 0) throw new GitHubFailure('gone', `GitHub knows no ${where.owner}/${where.name}`)
    }
    throw failureOf(errors)
  }

  return {
    async readIssue(where, issueNumber) {
      const repository = await ask(where, ISSUE, { number: issueNumber })
      const issue = fields(repository.issue)
      return {
        issue: issue && readIssue(issue),
        pullRequests: nodes(issue?.closedByPullRequestsReferences)
          .filter((node) => isHere(where, node))
          .map((node) => readPullRequest(where, node)),
        defaultBranchSha: headOf(repository),
      }
    },

    async readClosingIssues(where, pullRequestNumber) {
      const repository = await ask(where, PULL_REQUEST, { number: pullRequestNumber })
      return readCloses(where, fields(repository.pullRequest))
    },

    async readHead(where) {
      return headOf(await ask(where, HEAD, {}))
    },

    async readRole(where, login) {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
      try {
        const told = fields((await call(where, 'read', route, { username: login })).body)
        return roleOf(need(text(told?.permission), 'permission'), text(told?.role_name))
      } catch (failure) {
        if (failure instanceof GitHubFailure && failure.kind === 'gone') return 'none'
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

const CLOSING = `closingIssuesReferences(first: 50) { nodes { number repository { databaseId } } }`

const HEAD = `query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { defaultBranchRef { target { oid } } }
}`

const ISSUE = `query ($owner: String!, $name: String!, $number: Int!) {
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
          ${CLOSING}
          reviews(last: 50, states: [APPROVED, CHANGES_REQUESTED, DISMISSED]) {
            nodes { databaseId state submittedAt author { __typename login } commit { oid } }
          }
        }
      }
    }
  }
}`

const PULL_REQUEST = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${CLOSING} } }
}`

function failureOf(errors: readonly Fields[]): GitHubFailure {
  const message = errors.map((error) => text(error.message)).join('; ') || 'GitHub answered a query without an answer'
  // GraphQL says it with status 200 and no `retry-after`.
  const isLimit = errors.some(({ type }) => type === 'RATE_LIMITED' || type === 'RATE_LIMIT')
  if (isLimit || /\brate limit\b/i.test(message)) return new GitHubFailure('wait', message)
  if (errors.some((error) => error.type === 'FORBIDDEN' || error.type === 'INSUFFICIENT_SCOPES')) {
    return new GitHubFailure('refuse', message)
  }
  return new GitHubFailure('retry', message)
}

function headOf(repository: Fields): string | null {
  return text(fields(fields(repository.defaultBranchRef)?.target)?.oid)
}

function nodes(connection: unknown): readonly Fields[] {
  return rows(fields(connection)?.nodes)
}

/** An issue may be closed from another repository; that one's numbers mean nothing here. */
function isHere(where: Where, node: Fields): boolean {
  const id = number(fields(node.repository)?.databaseId)
  return id === null || id === where.repositoryId
}

function readCloses(where: Where, pullRequest: Fields | null): readonly number[] {
  return nodes(pullRequest?.closingIssuesReferences)
    .filter((node) => isHere(where, node))
    .flatMap((node) => number(node.number) ?? [])
}

function readIssue(node: Fields): IssueReading {
  return {
    number: need(number(node.number), 'number'),
    title: need(text(node.title), 'title'),
    url: need(text(node.url), 'url'),
    author: text(fields(node.author)?.login),
    state: node.state === 'CLOSED' ? 'CLOSED' : 'OPEN',
    stateReason: text(node.stateReason),
    closedAt: text(node.closedAt),
    updatedAt: need(text(node.updatedAt), 'updatedAt'),
  }
}

function readPullRequest(where: Where, node: Fields): PullRequestReading {
  return {
    number: need(number(node.number), 'number'),
    title: need(text(node.title), 'title'),
    url: need(text(node.url), 'url'),
    author: text(fields(node.author)?.login),
    state: node.state === 'MERGED' || node.state === 'CLOSED' ? node.state : 'OPEN',
    draft: node.isDraft === true,
    branch: need(text(node.headRefName), 'headRefName'),
    fork: node.isCrossRepository === true ? (text(fields(node.headRepositoryOwner)?.login) ?? 'ghost') : null,
    headSha: need(text(node.headRefOid), 'headRefOid'),
    closes: readCloses(where, node),
    reviews: nodes(node.reviews).flatMap((review) => readReview(review) ?? []),
    updatedAt: need(text(node.updatedAt), 'updatedAt'),
  }
}

/** A review by somebody who left GitHub, or of a commit that is gone, counts for nothing. */
function readReview(node: Fields): ReviewReading | null {
  const author = fields(node.author)
  const id = number(node.databaseId)
  const reviewer = text(author?.login)
  const state = text(node.state)
  const commitSha = text(fields(node.commit)?.oid)
  const submittedAt = text(node.submittedAt)
  if (id === null || reviewer === null || state === null || commitSha === null || submittedAt === null) return null
  const bot = author?.__typename === 'Bot'
  return { id, reviewer: bot ? loginOfBot(reviewer) : reviewer, bot, state, commitSha, submittedAt }
}

/** GraphQL says `claude` where REST and deliveries say `claude[bot]`; a person may be called `claude` as well. */
function loginOfBot(login: string): string {
  return login.endsWith('[bot]') ? login : `${login}[bot]`
}
