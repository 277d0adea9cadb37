import { describe, expect, test } from 'vitest'
import { exampleDelivery, INSTALLATION_ID, REPOSITORY } from '../support/deliveries.ts'
import { translateAs, translateDelivery } from './support/translate-delivery.ts'

const AT = '2026-11-21T09:30:00.000Z'

function comment(body: string, parts: Record<string, unknown> = {}) {
  const written = { id: 7_301, body, created_at: '2026-11-21T09:30:00Z' }
  const ada = { login: 'ada', type: 'User' }
  return exampleDelivery('issue_comment', 'created', REPOSITORY, {
    issue: { number: 42 },
    comment: written,
    sender: ada,
    ...parts,
  })
}

const given = (body: string, parts?: Record<string, unknown>) => translateAs('commands.received', comment(body, parts))

describe('a comment that is written', () => {
  test('and orders something tells who ordered what, where and when, and nothing else of what was written', () => {
    expect(given('Thank you all.\n\n/andon retry code\n\nMy telephone number is 555 0100.')).toEqual({
      type: 'commands.received',
      at: AT,
      evidence: { kind: 'delivery', id: 'a-guid', at: AT },
      repository: {
        id: REPOSITORY.id,
        fullName: 'acme/rocket',
        private: false,
        defaultBranch: expect.any(String),
        installationId: INSTALLATION_ID,
      },
      issueNumber: 42,
      onPullRequest: false,
      origin: { kind: 'comment', id: 7_301 },
      sender: 'ada',
      bot: false,
      commands: [{ verb: 'retry', stage: 'code', text: '/andon retry code' }],
    })
  })

  test('and orders several things tells them in their order, mistakes among them', () => {
    const { commands } = given('/andon approve\n/andon aprove\n/andon start')
    expect(commands.map(({ verb }) => verb)).toEqual(['approve', null, 'start'])
  })

  test.each([
    ['nothing', 'LGTM'],
    ['something by way of quotation', '> /andon cancel'],
    ['something as an example', '```\n/andon cancel\n```'],
    ['something in passing', 'You could say /andon cancel.'],
  ])('and orders %s is nothing to us', (_, body) => {
    expect(translateDelivery(comment(body))).toBeNull()
  })

  test('on a pull request tells so, because the number is the pull request’s own', () => {
    const { onPullRequest, issueNumber } = given('/andon cancel', {
      issue: { number: 57, pull_request: { url: 'https://api.github.com/repos/acme/rocket/pulls/57' } },
    })
    expect([onPullRequest, issueNumber]).toEqual([true, 57])
    expect(given('/andon cancel', { issue: { number: 57, pull_request: null } }).onPullRequest).toBe(false)
  })

  test('by a bot tells so, and by a deleted account is the ghost’s', () => {
    const bot = given('/andon start', { sender: { login: 'helper[bot]', type: 'Bot' } })
    expect([bot.sender, bot.bot]).toEqual(['helper[bot]', true])
    const ghost = given('/andon start', { sender: null })
    expect([ghost.sender, ghost.bot]).toEqual(['ghost', false])
  })

  test('keeps only what a database can store', () => {
    const [command] = given('/andon hold nul \0 and half \ud83d').commands
    expect(JSON.stringify(command)).not.toMatch(/\\u0000|\\ud83d/)
  })
})

describe('a comment afterwards', () => {
  test('is told by its id when it is deleted', () => {
    const { commentId, issueNumber } = translateAs('comment.deleted', exampleDelivery('issue_comment', 'deleted'))
    expect([commentId, issueNumber]).toEqual([492700400, 1])
  })

  test('orders nothing when it is edited', () => {
    const { name, payload } = comment('/andon start')
    expect(translateDelivery({ name, payload: { ...payload, action: 'edited' } })).toBeNull()
  })
})
