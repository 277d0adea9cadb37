import { describe, expect, test } from 'vitest'
import { traceDelivery, translateAs, withPayload } from './support/translate-delivery.ts'

describe('pull requests and reviews', () => {
  test('a pushed pull request has the head that was replaced', () => {
    const { pullRequest } = translateAs(
      'pull_request.changed',
      traceDelivery('pull_request', 'synchronize', { rework: true }),
    )
    expect(pullRequest.replacedShas).toHaveLength(1)
    expect(pullRequest.replacedShas).not.toContain(pullRequest.headSha)
    expect(pullRequest.branch).toBe('andon/issue-42')
    expect([pullRequest.snapshots, pullRequest.closingIssues, pullRequest.reviews]).toEqual([[], null, []])
  })

  test('a merged pull request is merged, and a closed one is closed', () => {
    const merge = traceDelivery('pull_request', 'closed')
    expect(translateAs('pull_request.changed', merge).pullRequest.state).toBe('merged')
    const closed = withPayload(merge, { pull_request: { merged_at: null, merged: false } })
    expect(translateAs('pull_request.changed', closed).pullRequest.state).toBe('closed')
  })

  test('a fork’s branch always carries its owner', () => {
    const fork = { label: 'mallory:andon/issue-42', ref: 'andon/issue-42', repo: { id: 666 } }
    const delivery = (head: object) => withPayload(traceDelivery('pull_request', 'opened'), { pull_request: { head } })
    const branch = (head: object) => translateAs('pull_request.changed', delivery(head)).pullRequest.branch
    expect(branch(fork)).toBe('mallory:andon/issue-42')
    expect(branch({ ...fork, repo: null })).toBe('mallory:andon/issue-42')
    expect(branch({ ...fork, repo: null, label: null })).toBe('unknown:andon/issue-42')
  })

  test('a review has its state, its commit and its pull request', () => {
    const event = translateAs('review.changed', traceDelivery('pull_request_review', 'submitted'))
    expect(event.review).toMatchObject({ reviewer: 'reviewer', bot: false, state: 'approved' })
    expect(event.review.commitSha).toBe(event.pullRequest.headSha)
    expect(event.at).toBe(event.review.submittedAt)
  })

  test('a dismissal has the time of the pull request, not of the review', () => {
    const event = translateAs(
      'review.changed',
      withPayload(traceDelivery('pull_request_review', 'submitted'), {
        action: 'dismissed',
        review: { state: 'dismissed', submitted_at: '2026-11-20T08:00:00Z' },
      }),
    )
    expect(event.at).toBe(event.pullRequest.updatedAt)
    expect(event.review.submittedAt).toBe('2026-11-20T08:00:00.000Z')
  })
})
