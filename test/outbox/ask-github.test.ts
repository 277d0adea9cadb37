import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OutboxWorld, openOutboxWorld } from './support/outbox-world.ts'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('an issue, its pull requests and their reviews come back in our words', async () => {
  await world.insertEffect({ type: 'ask', key: 'issue/42', question: { about: 'issue', issueNumber: 42 } })
  const repository = { repository: { databaseId: 1 } }
  const pullRequest = {
    number: 57,
    title: 'Retry',
    url: 'https://github.com/acme/widgets/pull/57',
    state: 'OPEN',
    isDraft: true,
    headRefName: 'retry',
    headRefOid: 'c0de'.repeat(10),
    isCrossRepository: true,
    headRepositoryOwner: { login: 'octocat' },
    updatedAt: '2026-11-21T14:00:00Z',
    author: { login: 'octocat' },
    ...repository,
    closingIssuesReferences: { nodes: [{ number: 42, ...repository }] },
    reviews: {
      nodes: [
        {
          databaseId: 5,
          state: 'CHANGES_REQUESTED',
          submittedAt: '2026-11-21T13:00:00Z',
          author: { __typename: 'Bot', login: 'critic' },
          commit: { oid: 'c0de'.repeat(10) },
        },
      ],
    },
  }
  const issue = {
    number: 42,
    title: 'Retry on flaky upload',
    url: 'https://github.com/acme/widgets/issues/42',
    state: 'CLOSED',
    stateReason: 'NOT_PLANNED',
    closedAt: '2026-11-21T13:59:00Z',
    updatedAt: '2026-11-21T14:00:00Z',
    author: { login: 'alice' },
    closedByPullRequestsReferences: { nodes: [pullRequest] },
  }
  const data = { repository: { defaultBranchRef: { target: { oid: 'ba5e'.repeat(10) } }, issue } }
  world.github.respond = ({ path }) => (path.endsWith('/graphql') ? { status: 200, body: { data } } : null)
  await world.drain()
  expect(world.arrivals[0]?.event).toMatchInlineSnapshot(`
    {
      "answer": {
        "about": "issue",
        "configuration": null,
        "defaultBranchSha": "ba5eba5eba5eba5eba5eba5eba5eba5eba5eba5e",
        "issue": {
          "author": "alice",
          "closedAt": "2026-11-21T13:59:00.000Z",
          "evidence": {
            "at": "2026-11-21T14:05:00.000Z",
            "id": "issue/42",
            "kind": "read",
          },
          "number": 42,
          "state": "closed",
          "stateReason": "not_planned",
          "title": "Retry on flaky upload",
          "updatedAt": "2026-11-21T14:00:00.000Z",
          "url": "https://github.com/acme/widgets/issues/42",
        },
        "pullRequests": [
          {
            "author": "octocat",
            "branch": "octocat:retry",
            "closingIssues": [
              42,
            ],
            "closingIssuesAt": "2026-11-21T14:05:00.000Z",
            "draft": true,
            "evidence": {
              "at": "2026-11-21T14:05:00.000Z",
              "id": "issue/42",
              "kind": "read",
            },
            "headSha": "c0dec0dec0dec0dec0dec0dec0dec0dec0dec0de",
            "number": 57,
            "replacedShas": [],
            "reviews": [
              {
                "bot": true,
                "commitSha": "c0dec0dec0dec0dec0dec0dec0dec0dec0dec0de",
                "evidence": {
                  "at": "2026-11-21T14:05:00.000Z",
                  "id": "issue/42",
                  "kind": "read",
                },
                "id": 5,
                "reviewer": "critic[bot]",
                "state": "changes_requested",
                "submittedAt": "2026-11-21T13:00:00.000Z",
              },
            ],
            "snapshots": [],
            "state": "open",
            "title": "Retry",
            "updatedAt": "2026-11-21T14:00:00.000Z",
            "url": "https://github.com/acme/widgets/pull/57",
            "writePermissions": {},
          },
        ],
      },
      "at": "2026-11-21T14:05:00.000Z",
      "evidence": {
        "at": "2026-11-21T14:05:00.000Z",
        "id": "issue/42",
        "kind": "read",
      },
      "question": {
        "about": "issue",
        "issueNumber": 42,
      },
      "repository": {
        "defaultBranch": "main",
        "fullName": "acme/widgets",
        "id": 1,
        "installationId": 7,
        "private": false,
      },
      "type": "question.answered",
    }
  `)
})
