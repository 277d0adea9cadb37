// A process dies at each boundary between a comment and its answer, while the comment is delivered again and again.
import { afterEach, expect, test } from 'vitest'
import type { Andon } from '../../src/andon.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp
afterEach(() => app.close())

const CALLS = { permission: 'permission', reaction: 'reaction', reply: 'comment' } as const

test.each([
  ['permission', 'before'],
  ['permission', 'after'],
  ['reaction', 'before'],
  ['reaction', 'after'],
  ['reply', 'before'],
  ['reply', 'after'],
] as const)(
  'a process that dies during the %s, %s it is done, leaves one effect, one reaction and one reply',
  async (call, when) => {
    let deaths = 0
    const death = Promise.withResolvers<void>()
    app = await openAndonApp()
    const { github } = app
    // Only the first process dies, at its first such call.
    github.chooseFaults(({ kind }) => {
      if (kind !== CALLS[call] || deaths > 0) return null
      deaths += 1
      death.resolve()
      return { kind: `crash-${when}` }
    })
    const issue = await github.openIssue(app.repository, { title: 'Retry on flaky upload' })
    const comment = await app.comment('/andon start\n/andon skip plan\n/andon why', { on: issue })
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
    expect(new Set(app.reactions(comment))).toEqual(new Set(['eyes']))
    expect(await app.replies(issue)).toHaveLength(1)
    expect((await app.pipeline()).stages[0]?.commands?.map(({ verb }) => verb)).toEqual(['skip'])

    async function until(andon: Andon, seconds: number): Promise<void> {
      for (let passed = 0; passed < seconds; passed += 1) {
        await andon.drain()
        app.clock.advance(1)
      }
    }
  },
)
