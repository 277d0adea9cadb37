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

const received = (body: string, parts?: Record<string, unknown>) =>
  translateAs('commands.received', comment(body, parts))

describe('a new comment', () => {
  test('with a command is an event with the sender, the command, the issue and the time, and no other text of the comment', () => {
    expect(received('Thank you all.\n/andon retry code\n\nMy telephone number is 555 0100.')).toEqual({
      type: 'commands.received',
      at: AT,
      evidence: { kind: 'delivery', id: 'a-guid', at: AT },
      repository: {
        id: REPOSITORY.id,
        fullName: 'acme/rocket',
        private: false,
        defaultBranch: expect.any(String),
        installationId: INSTALLATION_ID,
        updatedAt: '2019-05-15T15:19:27.000Z',
      },
      issueNumber: 42,
      onPullRequest: false,
      origin: { kind: 'comment', id: 7_301 },
      sender: 'ada',
      bot: false,
      commands: [{ verb: 'retry', stage: 'code', text: '/andon retry code' }],
    })
  })

  test('with commands below its first paragraph says so, because it may have come by e-mail', () => {
    const { emailCheck } = received('/andon retry code\n\nAnd then:\n\n/andon approve')
    expect(emailCheck).toMatchObject({ nodeId: expect.any(String), inFirstParagraph: 1, quotesNotification: false })
    const bot = { login: 'helper[bot]', type: 'Bot' }
    expect(received('Done.\n\n/andon approve', { sender: bot }).emailCheck).toBeUndefined()
  })

  test('with several commands keeps them in their order, mistakes included', () => {
    const { commands } = received('/andon approve\n/andon aprove\n/andon start')
    expect(commands.map(({ verb }) => verb)).toEqual(['approve', null, 'start'])
  })

  test.each([
    ['without a command', 'LGTM'],
    ['with a command in a quotation', '> /andon cancel'],
    ['with a command in an example', '```\n/andon cancel\n```'],
    ['with a command inside a sentence', 'You could say /andon cancel.'],
  ])('%s is ignored', (_, body) => {
    expect(translateDelivery(comment(body))).toBeNull()
  })

  test('on a pull request is marked, because its number is the pull request’s', () => {
    const { onPullRequest, issueNumber } = received('/andon cancel', {
      issue: { number: 57, pull_request: { url: 'https://api.github.com/repos/acme/rocket/pulls/57' } },
    })
    expect([onPullRequest, issueNumber]).toEqual([true, 57])
    expect(received('/andon cancel', { issue: { number: 57, pull_request: null } }).onPullRequest).toBe(false)
  })

  test('by a bot is marked, and one by a deleted account has the sender ghost', () => {
    const bot = received('/andon start', { sender: { login: 'helper[bot]', type: 'Bot' } })
    expect([bot.sender, bot.bot]).toEqual(['helper[bot]', true])
    const ghost = received('/andon start', { sender: null })
    expect([ghost.sender, ghost.bot]).toEqual(['ghost', false])
  })

  test('keeps only text that a database can store', () => {
    const [command] = received('/andon hold nul \0 and half \ud83d').commands
    expect(JSON.stringify(command)).not.toMatch(/\\u0000|\\ud83d/)
  })
})

describe('an existing comment', () => {
  test('is identified by its id when it is deleted', () => {
    const { commentId, issueNumber } = translateAs('comment.deleted', exampleDelivery('issue_comment', 'deleted'))
    expect([commentId, issueNumber]).toEqual([492700400, 1])
  })

  test('runs no command when it is edited', () => {
    const { name, payload } = comment('/andon start')
    expect(translateDelivery({ name, payload: { ...payload, action: 'edited' } })).toBeNull()
  })
})
