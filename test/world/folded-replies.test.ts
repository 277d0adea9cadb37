// Each reply to commands folds the one before it away, so that an issue does not drown in answers that are out of date.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'
import { refusingToFold } from './support/broken-answers.ts'

let app: AndonApp
afterEach(() => app.close())

test('of several answers on an issue the newest is shown, and the others are folded away as outdated', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  for (let asked = 0; asked < 3; asked += 1) {
    await app.comment('/andon status')
    await app.advance(30, BY_SECONDS)
  }
  expect(foldedReplies()).toEqual(['outdated', 'outdated', null])
  const folded = app.github.writes.count('minimize')
  await app.advance(600, { stride: 60 })
  expect(app.github.writes.count('minimize')).toBe(folded)
})

test.each(['crash-before', 'crash-after'] as const)(
  'a process that dies while it folds one away (%s) leaves it folded, and nothing twice',
  async (kind) => {
    app = await openAndonApp()
    await app.openLabeledIssue()
    await app.comment('/andon status')
    await app.advance(30, BY_SECONDS)
    let deaths = 0
    const death = Promise.withResolvers<void>()
    app.github.chooseFaults((request) => {
      if (request.kind !== 'minimize' || deaths > 0) return null
      deaths += 1
      death.resolve()
      return { kind }
    })
    await app.comment('/andon why')
    await Promise.race([app.advance(60, BY_SECONDS), death.promise])
    app.clock.advance(60)
    const next = await app.startAnother()
    await app.advance(60, { andons: [next] })
    expect(deaths).toBe(1)
    expect(foldedReplies()).toEqual(['outdated', null])
  },
)

test.each(['502-after', 'reset-after'] as const)(
  'an answer that was found again after a lost confirmation (%s) is folded away like any other',
  async (kind) => {
    app = await openAndonApp()
    await app.openLabeledIssue()
    await app.advance(30, BY_SECONDS)
    app.github.injectFault({ requests: 'comment', kind, maxTimes: 1 })
    await app.comment('/andon status')
    await app.advance(120)
    await app.comment('/andon status')
    await app.advance(60)
    expect(foldedReplies()).toEqual(['outdated', null])
  },
)

test('where GitHub does not let it be folded away, an answer stays as it is', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  app.github.chooseFaults(refusingToFold)
  await app.comment('/andon status')
  await app.advance(30, BY_SECONDS)
  const [first] = await app.replies()
  await app.comment('/andon why')
  await app.advance(600)
  expect((await app.replies())[0]).toBe(first)
  expect(app.github.writes.ofKind('minimize')).toHaveLength(1)
})

function foldedReplies(): readonly (string | null)[] {
  return app.github
    .comments(app.repository, 1)
    .filter(({ body }) => body.startsWith('<!-- andon:v1 reply/'))
    .map(({ id }) => app.github.minimizedReason(id))
}
