import nock from 'nock'
import { expect, test } from 'vitest'
import {
  API,
  expectTokenRequest,
  failureOf,
  NOW,
  openTestClient,
  RECEIPT,
  REPOSITORY,
  useNock,
} from './support/nock-github.ts'

useNock()

const HEAD = 'c0de'.repeat(10)
const BASE = 'ba5e'.repeat(10)
const HERE = { repository: { databaseId: 1 } }
const ELSEWHERE = { repository: { databaseId: 2 } }
const ISSUE = {
  number: 42,
  title: 'Retry on flaky upload',
  url: 'https://github.com/acme/widgets/issues/42',
  state: 'CLOSED',
  stateReason: 'COMPLETED',
  closedAt: '2026-11-21T14:00:00Z',
  updatedAt: '2026-11-21T14:00:00Z',
  author: { login: 'alice' },
  assignees: {
    nodes: [
      { __typename: 'User', login: 'linus' },
      { __typename: 'Bot', login: 'claude' },
    ],
  },
  closedByPullRequestsReferences: { nodes: [] },
}
const PULL_REQUEST = {
  number: 57,
  title: 'Retry',
  url: 'https://github.com/acme/widgets/pull/57',
  state: 'MERGED',
  isDraft: false,
  headRefName: 'retry',
  headRefOid: HEAD,
  isCrossRepository: true,
  headRepositoryOwner: { login: 'octocat' },
  updatedAt: '2026-11-21T14:00:00Z',
  author: null,
  ...HERE,
  closingIssuesReferences: {
    nodes: [
      { number: 42, ...HERE },
      { number: 3, ...ELSEWHERE },
      { number: 43, ...HERE },
    ],
  },
  reviews: {
    nodes: [
      {
        databaseId: 5,
        state: 'APPROVED',
        submittedAt: '2026-11-21T13:00:00Z',
        author: { __typename: 'User', login: 'bob' },
        commit: { oid: HEAD },
      },
      { databaseId: 6, state: 'APPROVED', submittedAt: '2026-11-21T13:00:00Z', author: null, commit: { oid: HEAD } },
      {
        databaseId: 7,
        state: 'APPROVED',
        submittedAt: '2026-11-21T13:00:00Z',
        author: { __typename: 'Bot', login: 'claude' },
        commit: { oid: HEAD },
      },
      null,
    ],
  },
}

function answers(body: object, base = API): void {
  expectTokenRequest('ghs_one', 1, base)
  nock(base.replace('/v3', '')).post('/graphql').reply(200, body)
}

test('an issue is read with the pull requests that close it and the head of the default branch', async () => {
  const closedByPullRequestsReferences = { nodes: [PULL_REQUEST, { ...PULL_REQUEST, ...ELSEWHERE }] }
  answers({
    data: {
      repository: {
        defaultBranchRef: { target: { oid: BASE } },
        issue: { ...ISSUE, closedByPullRequestsReferences },
      },
    },
  })
  expect(await openTestClient().readIssue(REPOSITORY, 42, RECEIPT)).toEqual({
    issue: {
      number: 42,
      title: 'Retry on flaky upload',
      url: 'https://github.com/acme/widgets/issues/42',
      author: 'alice',
      assignees: ['linus'],
      state: 'closed',
      stateReason: 'completed',
      closedAt: '2026-11-21T14:00:00.000Z',
      updatedAt: '2026-11-21T14:00:00.000Z',
      evidence: RECEIPT,
    },
    pullRequests: [
      {
        number: 57,
        title: 'Retry',
        url: 'https://github.com/acme/widgets/pull/57',
        author: 'ghost',
        bot: false,
        authorPermission: null,
        state: 'merged',
        draft: false,
        branch: 'octocat:retry',
        headSha: HEAD,
        snapshots: [],
        replacedShas: [],
        closingIssues: [42, 43],
        closingIssuesAt: NOW,
        reviews: [
          {
            id: 5,
            reviewer: 'bob',
            bot: false,
            state: 'approved',
            commitSha: HEAD,
            submittedAt: '2026-11-21T13:00:00.000Z',
            evidence: RECEIPT,
          },
          // GraphQL omits the suffix that deliveries and andon.yml use.
          {
            id: 7,
            reviewer: 'claude[bot]',
            bot: true,
            state: 'approved',
            commitSha: HEAD,
            submittedAt: '2026-11-21T13:00:00.000Z',
            evidence: RECEIPT,
          },
        ],
        writePermissions: {},
        updatedAt: '2026-11-21T14:00:00.000Z',
        evidence: RECEIPT,
      },
    ],
    defaultBranchSha: BASE,
    gaps: [],
  })
})

test('a missing issue is an answer, and the rest of it is read', async () => {
  answers({
    data: { repository: { defaultBranchRef: { target: { oid: BASE } }, issue: null } },
    errors: [{ type: 'NOT_FOUND', path: ['repository', 'issue'], message: 'Could not resolve to an Issue' }],
  })
  expect(await openTestClient().readIssue(REPOSITORY, 42, RECEIPT)).toEqual({
    issue: null,
    pullRequests: [],
    defaultBranchSha: BASE,
    gaps: [],
  })
})

test('an empty repository has no head yet', async () => {
  answers({ data: { repository: { defaultBranchRef: null, issue: ISSUE } } })
  expect((await openTestClient().readIssue(REPOSITORY, 42, RECEIPT)).defaultBranchSha).toBeNull()
})

test('a pull request closes the issues of its own repository', async () => {
  answers({ data: { repository: { pullRequest: PULL_REQUEST } } })
  const { closes } = await openTestClient().readPullRequest(REPOSITORY, 57, RECEIPT)
  expect(closes).toEqual([42, 43])
})

test('the issues that a pull request closes are unknown where GitHub does not say them', async () => {
  const path = ['repository', 'pullRequest', 'closingIssuesReferences']
  answers({
    data: { repository: { pullRequest: { ...PULL_REQUEST, closingIssuesReferences: null } } },
    errors: [{ type: 'FORBIDDEN', path, message: 'Resource not accessible by integration' }],
  })
  expect(await openTestClient().readPullRequest(REPOSITORY, 57, RECEIPT)).toMatchObject({
    closes: null,
    pullRequest: { number: 57 },
    gaps: [{ path }],
  })
})

test('GitHub Enterprise Server is asked at its own GraphQL address', async () => {
  const base = 'https://ghes.test/api/v3'
  answers({ data: { repository: { pullRequest: null } } }, base)
  const { closes } = await openTestClient({ apiUrl: base }).readPullRequest(REPOSITORY, 57, RECEIPT)
  expect(closes).toEqual([])
})

test.each([
  ['NOT_FOUND', null, 'not_found'],
  ['FORBIDDEN', null, 'no_access'],
  ['RATE_LIMITED', null, 'rate_limited'],
  ['RATE_LIMIT', null, 'rate_limited'],
  ['SERVICE_UNAVAILABLE', null, 'retryable'],
  ['INTERNAL', { issue: null }, 'retryable'],
])('an answer with the error %s is a failed call', async (type, repository, kind) => {
  answers({ data: { repository }, errors: [{ type, message: 'Something went wrong' }] })
  expect((await failureOf(openTestClient().readIssue(REPOSITORY, 42, RECEIPT))).kind).toBe(kind)
})

test('an answer with a missing field is asked for again', async () => {
  answers({ data: { repository: { defaultBranchRef: null, issue: { ...ISSUE, title: 7 } } } })
  const failure = await failureOf(openTestClient().readIssue(REPOSITORY, 42, RECEIPT))
  expect([failure.kind, failure.message]).toEqual([
    'retryable',
    'GitHub’s answer cannot be read: issue.title: Invalid input: expected string, received number',
  ])
})

test('an answer that cannot be read is asked for again', async () => {
  expectTokenRequest()
  nock(API).post('/graphql').reply(200, '{"data": {"repo', { 'content-type': 'application/json' })
  expect((await failureOf(openTestClient().readIssue(REPOSITORY, 42, RECEIPT))).kind).toBe('retryable')
})
