import { describe, expect, test } from 'vitest'
import { exampleDelivery, INSTALLATION_ID, REPOSITORY } from '../support/deliveries.ts'
import { traceDelivery, translateAs, translateDelivery, withPayload } from './support/translate-delivery.ts'

describe('issues', () => {
  test('a labeled issue is an event with the label, the sender and the issue', () => {
    expect(translateDelivery(traceDelivery('issues', 'labeled'))).toEqual({
      type: 'issue.labeled',
      at: '2026-11-20T09:00:46.000Z',
      evidence: { kind: 'delivery', id: 'a-guid', at: '2026-11-20T09:00:46.000Z' },
      repository: {
        id: REPOSITORY.id,
        fullName: 'acme/rocket',
        private: false,
        defaultBranch: 'main',
        installationId: INSTALLATION_ID,
        updatedAt: '2019-05-15T15:19:27.000Z',
      },
      issue: {
        number: 42,
        title: 'Issue 42 of the morning',
        url: 'https://github.com/acme/rocket/issues/42',
        author: 'Codertocat',
        assignees: ['Codertocat'],
        state: 'open',
        stateReason: null,
        closedAt: null,
        updatedAt: '2026-11-20T09:00:46.000Z',
        evidence: { kind: 'delivery', id: 'a-guid', at: '2026-11-20T09:00:46.000Z' },
      },
      label: 'andon',
      sender: 'maintainer',
    })
  })

  test('a closed issue has its reason and its time', () => {
    const { action, issue } = translateAs('issue.changed', traceDelivery('issues', 'closed', { end: 'not planned' }))
    expect([action, issue.state, issue.stateReason, issue.closedAt]).toEqual([
      'closed',
      'closed',
      'not_planned',
      issue.updatedAt,
    ])
  })

  test('an unknown reason is treated as none', () => {
    const delivery = withPayload(traceDelivery('issues', 'closed'), { issue: { state_reason: 'superseded' } })
    expect(translateAs('issue.changed', delivery).issue.stateReason).toBeNull()
  })

  test.each(['deleted', 'transferred'] as const)('a %s issue is removed', (why) => {
    expect(translateAs('issue.removed', exampleDelivery('issues', why)).why).toBe(why)
  })

  test('an issue of a deleted account has the author ghost', () => {
    const delivery = withPayload(traceDelivery('issues', 'opened'), { issue: { user: null }, sender: null })
    const event = translateAs('issue.changed', delivery)
    expect([event.issue.author, event.sender]).toEqual(['ghost', 'ghost'])
  })

  test('a title is cut, and keeps only text that a database can store', () => {
    const title = `half \uD83D, nul \0${'x'.repeat(2_000)}`
    const delivery = withPayload(traceDelivery('issues', 'opened'), { issue: { title } })
    const kept = translateAs('issue.changed', delivery).issue.title ?? ''
    expect(kept.slice(0, 15)).toBe('half \uFFFD, nul \uFFFDxx')
    expect(kept).toHaveLength(1_000)
  })
})
