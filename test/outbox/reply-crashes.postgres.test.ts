// A process dies at each boundary between a comment and its answer, while the comment is delivered again and again.
import { afterEach, expect, test } from 'vitest'
import type { Andon } from '../../src/andon.ts'
import { type Conversation, openConversation } from './support/conversation.ts'

let talk: Conversation
afterEach(() => talk.close())

const CALLS = {
  permission: /\/collaborators\/[^/]+\/permission$/,
  reaction: /\/reactions$/,
  reply: /\/issues\/\d+\/comments$/,
}

test.each([
  ['permission', 'before'],
  ['permission', 'after'],
  ['reaction', 'before'],
  ['reaction', 'after'],
  ['reply', 'before'],
  ['reply', 'after'],
] as const)(
  'a process that dies with the %s on its way, %s it is done, leaves one effect, one reaction and one reply',
  async (call, when) => {
    let deaths = 0
    const death = Promise.withResolvers<void>()
    talk = await openConversation({
      // Only the first process is mortal, and it dies of the first such call.
      async send(input, init) {
        const isIt = CALLS[call].test(new URL(String(input)).pathname) && (init?.method ?? 'GET') !== 'PATCH'
        if (!isIt || (call === 'reply' && init?.method !== 'POST') || deaths > 0) return await fetch(input, init)
        deaths += 1
        if (when === 'after') await fetch(input, init)
        death.resolve()
        return await new Promise<Response>(() => undefined)
      },
    })
    const { github, app } = talk
    const issue = await github.openIssue(talk.repository, { title: 'Retry on flaky upload' })
    const comment = await talk.comment('/andon start\n/andon skip plan\n/andon why', { on: issue })
    await github.whenIdle()
    await Promise.race([until(app.andon, 6), death.promise])
    const delivery = github.deliveries.log.findLast(({ event }) => event === 'issue_comment')
    await github.deliveries.redeliver(delivery?.id ?? 0)
    const next = await app.startAnother()
    for (let passed = 0; passed < 150; passed += 10) {
      app.clock.advance(10)
      await next.drain()
    }
    await github.deliveries.redeliver(delivery?.id ?? 0)
    await next.drain()
    expect(deaths).toBe(1)
    expect(new Set(talk.reactions(comment))).toEqual(new Set(['eyes']))
    expect(await talk.replies(issue)).toHaveLength(1)
    expect((await app.pipeline()).stages[0]?.commands?.map(({ verb }) => verb)).toEqual(['skip'])

    async function until(andon: Andon, seconds: number): Promise<void> {
      for (let passed = 0; passed < seconds; passed += 1) {
        await andon.drain()
        app.clock.advance(1)
      }
    }
  },
)
