import { describe, expect, test } from 'vitest'
import { translateDelivery as translateInInbox } from '../../src/inbox/translate-delivery.ts'
import { HANDLED_WEBHOOKS, type HandledWebhook } from '../../src/translate/handled-webhooks.ts'
import { translate } from '../../src/translate/translate.ts'
import { allExamples, exampleDelivery, REPOSITORY } from '../support/deliveries.ts'
import { traceOf } from '../support/traces.ts'
import { RECEIPT, traceDelivery, translateDelivery, withPayload } from './support/translate-delivery.ts'

describe('a delivery', () => {
  test.each([
    ['issues', 'labeled', { label: undefined }, 'label: '],
    ['issues', 'opened', { issue: { number: '42' } }, 'issue.number: '],
    ['issues', 'opened', { issue: { number: 2 ** 31 } }, 'issue.number: '],
    ['issues', 'opened', { issue: { updated_at: 'yesterday' } }, 'issue.updated_at: expected an ISO 8601 time'],
    ['issues', 'opened', { issue: { html_url: 'javascript:alert(1)' } }, 'issue.html_url: expected an http(s) URL'],
    ['issues', 'opened', { repository: { id: -1 } }, 'repository.id: '],
    ['issues', 'opened', { installation: undefined }, 'installation: '],
    [
      'workflow_run',
      'requested',
      { workflow_run: { head_sha: 'main' } },
      'workflow_run.head_sha: expected a commit SHA',
    ],
    ['workflow_run', 'requested', { workflow_run: { conclusion: 'superb' } }, 'workflow_run.conclusion: '],
    ['workflow_job', 'queued', { workflow_job: { steps: [{ name: 'x' }] } }, 'workflow_job.steps.0.status: '],
    ['pull_request', 'opened', { pull_request: { head: null } }, 'pull_request.head: '],
    ['issues', 'opened', { action: 7 }, 'action: '],
    ['issue_comment', 'created', { comment: { body: null } }, 'comment.body: '],
    ['push', '', { commits: 'none' }, 'commits: '],
  ])('that cannot be read names the field: %s.%s with %j', (name, action, parts, reason) => {
    const whole = ['issue_comment', 'push'].includes(name) ? exampleDelivery(name, action) : traceDelivery(name, action)
    const { event, failure } = translateInInbox(name, withPayload(whole, parts).payload, RECEIPT)
    expect(event).toBeNull()
    expect(failure).toContain(reason)
  })

  test('that cannot be read is not quoted in the failure', () => {
    const secret = 'TOP-SECRET-TEXT'
    const everywhere = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(everywhere)
      if (typeof value !== 'object' || value === null) return { [secret]: secret }
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, everywhere(each)]))
    }
    const reasons = Object.entries(HANDLED_WEBHOOKS).flatMap(([name, actions]) =>
      (actions.length === 0 ? [''] : actions).map((action) => {
        const { payload } = exampleDelivery(name, action)
        return translateInInbox(name, { ...(everywhere(payload) as object), action }, RECEIPT).failure ?? ''
      }),
    )
    expect(reasons.filter((reason) => reason === '')).toEqual([])
    expect(reasons.join('\n')).not.toContain(secret)
  })

  test('is ignored if its webhook or its action is not handled', () => {
    expect(translate('star', null, RECEIPT)).toBeNull()
    expect(translate('constructor', {}, RECEIPT)).toBeNull()
    expect(translate('issues', { action: 'pinned' }, RECEIPT)).toBeNull()
    expect(translate('issues', { action: 'constructor' }, RECEIPT)).toBeNull()
  })

  test('gives the same result as its duplicate', () => {
    for (const { name, payload } of traceOf(7, { rework: true }).deliveries) {
      const later = { ...RECEIPT, receivedAt: '2027-01-01T00:00:00.000Z' }
      expect(translate(name, payload, later)).toEqual(translate(name, structuredClone(payload), RECEIPT))
    }
  })
})

test('every recorded payload is translated or ignored, and none fails', () => {
  const counts = { translated: 0, ignored: 0 }
  for (const { name, payload } of allExamples()) {
    const { event, failure } = translateInInbox(name, payload, RECEIPT)
    expect(failure, `${name}.${payload.action}`).toBeUndefined()
    counts[event ? 'translated' : 'ignored'] += 1
  }
  console.log(`recorded payloads: ${counts.translated} translated, ${counts.ignored} ignored`)
  expect(counts.translated + counts.ignored).toBe(324)
})

test('every action in the table is translated to an event', () => {
  for (const [name, actions] of Object.entries(HANDLED_WEBHOOKS) as [HandledWebhook, readonly string[]][]) {
    for (const action of actions) {
      const before = name === 'pull_request' ? { before: 'a'.repeat(40) } : {}
      const label = name === 'issues' ? { label: { name: 'andon' } } : {}
      const comment = name === 'issue_comment' ? { comment: { body: '/andon status' } } : {}
      const check =
        name === 'check_run'
          ? { check_run: { external_id: `1/plan/${'c'.repeat(40)}` }, requested_action: { identifier: 'retry' } }
          : {}
      expect(
        translateDelivery(exampleDelivery(name, action, REPOSITORY, { ...before, ...label, ...comment, ...check })),
        `${name}.${action}`,
      ).not.toBeNull()
    }
  }
})
