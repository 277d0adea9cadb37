import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OutboxWorld, openOutboxWorld } from './support/outbox-world.ts'

const WIDGETS = 'acme/widgets'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('an answer about an issue, its pull requests and their reviews becomes an event', async () => {
  const { github } = world
  await github.openIssue(WIDGETS, { title: 'Retry on flaky upload', number: 42, by: 'passerby' })
  await github.createBranch(WIDGETS, 'retry')
  const pull = { branch: 'retry', title: 'Retry', body: 'Closes #42', draft: true, by: 'trinity', fromFork: true }
  await github.review(WIDGETS, await github.openPullRequest(WIDGETS, pull), 'request changes', { by: 'claude[bot]' })
  world.clock.advance(60)
  await github.closeIssue(WIDGETS, 42, 'not_planned')
  await world.insertEffect({ type: 'ask', key: 'issue/42', question: { about: 'issue', issueNumber: 42 } })
  await world.drain()
  expect(world.arrivals[0]?.event).toMatchInlineSnapshot(`
    {
      "answer": {
        "about": "issue",
        "defaultBranchSha": "53d99abcc671b818c7eacafc38d76bd4b13bdfcf",
        "issue": {
          "assignees": [],
          "author": "passerby",
          "closedAt": "2026-11-21T14:06:00.000Z",
          "evidence": {
            "at": "2026-11-21T14:06:00.000Z",
            "id": "issue/42",
            "kind": "read",
          },
          "number": 42,
          "state": "closed",
          "stateReason": "not_planned",
          "title": "Retry on flaky upload",
          "updatedAt": "2026-11-21T14:06:00.000Z",
          "url": "http://github.test/acme/widgets/issues/42",
        },
        "pullRequests": [
          {
            "author": "trinity",
            "authorPermission": null,
            "bot": false,
            "branch": "trinity:retry",
            "closingIssues": [
              42,
            ],
            "closingIssuesAt": "2026-11-21T14:06:00.000Z",
            "draft": true,
            "evidence": {
              "at": "2026-11-21T14:06:00.000Z",
              "id": "issue/42",
              "kind": "read",
            },
            "headSha": "a43fcc847c229375b0a430270e62a3f2d8a77d97",
            "number": 1,
            "replacedShas": [],
            "reviews": [
              {
                "bot": true,
                "commitSha": "a43fcc847c229375b0a430270e62a3f2d8a77d97",
                "evidence": {
                  "at": "2026-11-21T14:06:00.000Z",
                  "id": "issue/42",
                  "kind": "read",
                },
                "id": 1,
                "reviewer": "claude[bot]",
                "state": "changes_requested",
                "submittedAt": "2026-11-21T14:05:00.000Z",
              },
            ],
            "snapshots": [],
            "state": "open",
            "title": "Retry",
            "updatedAt": "2026-11-21T14:05:00.000Z",
            "url": "http://github.test/acme/widgets/pull/1",
            "writePermissions": {},
          },
        ],
      },
      "at": "2026-11-21T14:06:00.000Z",
      "evidence": {
        "at": "2026-11-21T14:06:00.000Z",
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
        "installationId": 9,
        "private": false,
      },
      "type": "question.answered",
    }
  `)
})
