// The same thing reaches us as a delivery, from REST and from GraphQL. Every way gives the same fact; only the evidence
// differs.
import { describe, expect, test } from 'vitest'
import { translateIssueRead } from '../../src/translate/graphql-reads.ts'
import { translateRunRead } from '../../src/translate/workflow-run.ts'
import { REPOSITORY, type WebhookDelivery } from '../support/deliveries.ts'
import { traceDelivery, translateAs, withPayload } from './support/translate-delivery.ts'

const READ = { kind: 'read', id: 'issue/42', at: '2026-11-21T10:00:00.000Z' } as const

describe('a workflow run', () => {
  const FORK = { head_repository: { id: 666, full_name: 'mallory/rocket' }, head_branch: 'andon/issue-42' }
  test.each<[string, Record<string, unknown>]>([
    ['that is queued', { status: 'queued', conclusion: null }],
    ['with a status that GitHub adds later', { status: 'hibernating', conclusion: null }],
    ['in progress', { status: 'in_progress', conclusion: null, run_attempt: 2 }],
    ['that is completed', {}],
    ['of a fork', FORK],
    ['of a fork that was deleted', { ...FORK, head_repository: null }],
    ['of a workflow at a ref', { path: '.github/workflows/plan.yml@refs/heads/main' }],
    ['that never started', { run_started_at: null }],
    ['with a title no database can store', { display_title: `nul \0 and half \ud83d of ${'x'.repeat(2_000)}` }],
  ])('%s is the same fact either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('workflow_run', 'completed'), {
      action: 'requested',
      workflow_run: parts,
    })
    const { run } = translateAs('run.changed', delivery)
    const read = translateRunRead(REPOSITORY.id, delivery.payload.workflow_run, [], READ)
    expect(read).toEqual({ ...run, evidence: READ })
  })

  test.each<[string, Record<string, unknown>]>([
    ['completed without a conclusion', { conclusion: null }],
    ['with an unknown conclusion', { conclusion: 'superb' }],
    ['without a commit', { head_sha: undefined }],
    ['changed at no time', { updated_at: 'yesterday' }],
  ])('%s cannot be read either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('workflow_run', 'completed'), { workflow_run: parts })
    expect(() => translateAs('run.changed', delivery)).toThrow()
    expect(() => translateRunRead(REPOSITORY.id, delivery.payload.workflow_run, [], READ)).toThrow()
  })
})

describe('a job', () => {
  const STEPS = [
    { name: 'Set up job', status: 'completed' },
    { name: 'Run the agent', status: 'in_progress' },
    { name: 'Complete job', status: 'queued' },
  ]
  test.each<[string, Record<string, unknown>]>([
    ['that is queued', { status: 'queued', conclusion: null, steps: [] }],
    ['that waits for an environment', { status: 'waiting', conclusion: null }],
    ['with a status that GitHub adds later', { status: 'hibernating', conclusion: null }],
    ['in progress', { status: 'in_progress', conclusion: null, steps: STEPS, run_attempt: 2 }],
    ['that is completed', {}],
  ])('%s is the same fact either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('workflow_job', 'completed'), { action: 'queued', workflow_job: parts })
    const run = traceDelivery('workflow_run', 'completed').payload.workflow_run
    const { job } = translateAs('job.changed', delivery)
    const read = translateRunRead(REPOSITORY.id, run, [delivery.payload.workflow_job], READ)
    expect(read.jobs).toEqual([{ ...job, evidence: READ }])
  })
})

describe('an issue', () => {
  test.each<[string, Record<string, unknown>]>([
    ['that is open', {}],
    ['that was reopened', { state_reason: 'reopened' }],
    ['closed as completed', { state: 'closed', state_reason: 'completed', closed_at: '2026-11-20T11:00:00Z' }],
    ['closed as not planned', { state: 'closed', state_reason: 'not_planned', closed_at: '2026-11-20T11:00:00Z' }],
    ['closed as a duplicate', { state: 'closed', state_reason: 'duplicate', closed_at: '2026-11-20T11:00:00Z' }],
    ['closed for a reason that GitHub adds later', { state: 'closed', state_reason: 'stale' }],
    ['by a bot', { user: { login: 'claude[bot]', type: 'Bot' } }],
    ['by a deleted account', { user: null }],
    [
      'assigned to people and a bot',
      {
        assignees: [
          { login: 'linus', type: 'User' },
          { login: 'claude[bot]', type: 'Bot' },
        ],
      },
    ],
    ['with a title no database can store', { title: `nul \0 and half \ud83d of ${'x'.repeat(2_000)}` }],
  ])('%s is the same fact either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('issues', 'opened'), { issue: parts })
    const { issue } = translateAs('issue.changed', delivery)
    expect(read({ ...issueNode(delivery) }).issue).toEqual({ ...issue, evidence: READ })
  })
})

describe('a pull request', () => {
  const FORK = { label: 'octocat:retry', ref: 'retry', repo: { id: 666 } }
  test.each<[string, Record<string, unknown>]>([
    ['that is open', {}],
    ['that is a draft', { draft: true }],
    ['that is closed', { state: 'closed' }],
    ['that is merged', { state: 'closed', merged_at: '2026-11-20T11:00:00Z' }],
    ['from a fork', { head: FORK }],
    ['from a fork that is gone', { head: { ...FORK, label: null, repo: null } }],
    ['by a bot', { user: { login: 'claude[bot]', type: 'Bot' } }],
    ['by a deleted account', { user: null }],
  ])('%s is the same fact either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('pull_request', 'opened'), { pull_request: parts })
    const { pullRequest } = translateAs('pull_request.changed', delivery)
    const node = pullRequestNode(delivery.payload.pull_request as RestPullRequest)
    const [fact] = read({ ...issueNode(), closedByPullRequestsReferences: { nodes: [node] } }).pullRequests
    // No delivery says which issues it closes.
    expect(fact).toEqual({ ...pullRequest, evidence: READ, closingIssues: [42], closingIssuesAt: READ.at })
  })
})

describe('a review', () => {
  test.each<[string, Record<string, unknown>]>([
    ['that approves', { state: 'approved' }],
    ['that requests changes', { state: 'changes_requested' }],
    ['that was dismissed', { state: 'dismissed' }],
    ['by a bot', { user: { login: 'claude[bot]', type: 'Bot' } }],
  ])('%s is the same fact either way', (_, parts) => {
    const delivery = withPayload(traceDelivery('pull_request_review', 'submitted'), { review: parts })
    const { review } = translateAs('review.changed', delivery)
    const { id, state, submitted_at, user, commit_id } = delivery.payload.review as RestReview
    const node = {
      ...pullRequestNode(delivery.payload.pull_request as RestPullRequest),
      reviews: {
        nodes: [
          {
            databaseId: id,
            state: state.toUpperCase(),
            submittedAt: submitted_at,
            author: actorNode(user),
            commit: { oid: commit_id },
          },
        ],
      },
    }
    const [fact] = read({ ...issueNode(), closedByPullRequestsReferences: { nodes: [node] } }).pullRequests
    expect(fact?.reviews).toEqual([{ ...review, evidence: READ }])
  })
})

type RestUser = { login: string; type: string } | null
type RestReview = { id: number; state: string; submitted_at: string; user: RestUser; commit_id: string }
type RestPullRequest = {
  number: number
  title: string
  html_url: string
  state: string
  draft: boolean
  merged_at: string | null
  updated_at: string
  user: RestUser
  head: { label: string | null; ref: string; sha: string; repo: { id: number } | null }
}
type RestIssue = {
  number: number
  title: string
  html_url: string
  state: string
  state_reason: string | null
  closed_at: string | null
  updated_at: string
  user: RestUser
  assignees: readonly RestUser[]
}

function read(issue: object) {
  return translateIssueRead(REPOSITORY.id, { defaultBranchRef: null, issue }, READ)
}

/** The issue of a delivery as GraphQL shows it. */
function issueNode(delivery: WebhookDelivery = traceDelivery('issues', 'opened')) {
  const issue = delivery.payload.issue as RestIssue
  return {
    number: issue.number,
    title: issue.title,
    url: issue.html_url,
    state: issue.state.toUpperCase(),
    stateReason: issue.state_reason?.toUpperCase() ?? null,
    closedAt: issue.closed_at,
    updatedAt: issue.updated_at,
    author: actorNode(issue.user),
    assignees: { nodes: issue.assignees.map(actorNode) },
    closedByPullRequestsReferences: { nodes: [] },
  }
}

function pullRequestNode(pull: RestPullRequest) {
  const isFork = pull.head.repo?.id !== REPOSITORY.id
  const owner = pull.head.label?.split(':')[0]
  return {
    number: pull.number,
    title: pull.title,
    url: pull.html_url,
    state: pull.merged_at === null ? pull.state.toUpperCase() : 'MERGED',
    isDraft: pull.draft,
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    isCrossRepository: isFork,
    headRepositoryOwner: owner === undefined ? null : { login: owner },
    updatedAt: pull.updated_at,
    author: actorNode(pull.user),
    repository: { databaseId: REPOSITORY.id },
    closingIssuesReferences: { nodes: [{ number: 42, repository: { databaseId: REPOSITORY.id } }] },
    reviews: { nodes: [] },
  }
}

/** GraphQL names a bot without the suffix that REST gives it. */
function actorNode(user: RestUser) {
  return user && { __typename: user.type, login: user.login.replace(/\[bot\]$/, '') }
}
