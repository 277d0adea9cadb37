// A token that GitHub does not accept any more, in the middle of anything: it is renewed, and what was sent with it is done once.
import { afterEach, expect, test } from 'vitest'
import type { RequestKind } from '../../fake-github/write-log.ts'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'

let app: AndonApp
afterEach(() => app.close())

test('the first call of every kind meets an expired token, and each is made good once', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const { github, repository } = app
  const met = new Set<RequestKind>()
  github.chooseFaults(({ kind }) => {
    if (met.has(kind)) return null
    met.add(kind)
    return { kind: 'unauthorized' }
  })
  await app.openLabeledIssue()
  await app.advance(30)
  const commented = await app.comment('/andon status')
  await app.advance(60)
  const [run] = github.runs
  run?.start()
  await app.advance(30)
  await app.comment('/andon cancel')
  await app.advance(60)
  expect([...met]).toEqual(
    expect.arrayContaining([
      'graphql',
      'dispatch',
      'comment',
      'comment-edit',
      'check',
      'check-edit',
      'cancel',
      'reaction',
    ]),
  )
  expect(github.runs.map(({ state }) => state.conclusion)).toEqual(['cancelled'])
  expect(app.reactions(commented)).toEqual(['eyes'])
  const bodies = github.comments(repository, 1).map(({ body }) => body)
  expect(bodies.filter((body) => body.includes('/plan -->'))).toHaveLength(1)
  expect(await (await fetch(`${app.url}/healthz`)).text()).not.toContain('no access')
})

test('a token that runs out while nothing happens is renewed by the first call after it', async () => {
  app = await openAndonApp({ configuration: PLAN })
  await app.openLabeledIssue()
  await app.advance(30)
  app.github.runs[0]?.start()
  await app.advance(65 * 60, { stride: 600 })
  app.github.runs[0]?.succeed()
  await app.advance(60)
  expect(app.github.writes.all.filter(({ kind, done }) => kind === 'dispatch' && done)).toHaveLength(1)
  expect((await app.pipeline()).stages[0]?.status).toBe('done')
})
