// A process was frozen during a dispatch, and meanwhile another gave it up and sent it again.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp
afterEach(() => app.close())

test.each([
  ['heard of', 0],
  ['not heard of', 1],
])('of two runs for one attempt the younger is cancelled within a minute (deliveries are %s)', async (_, drop) => {
  const frozen = Promise.withResolvers<void>()
  const thaw = Promise.withResolvers<void>()
  app = await openAndonApp()
  const { github, andon } = app
  const sleeper = await app.startAnother()
  let dispatches = 0
  github.chooseFaults(({ kind }) => {
    if (kind !== 'dispatch' || dispatches++ > 0) return null
    frozen.resolve()
    return { kind: 'freeze', until: thaw.promise }
  })
  await app.openLabeledIssue()
  await github.whenIdle()
  const step = sleeper.drain()
  await frozen.promise
  github.deliveries.injectFaults({ drop })
  await app.advance(300)
  expect(github.runs).toHaveLength(1)
  thaw.resolve()
  await step
  await app.advance(60, { andons: [andon, sleeper] })
  expect(github.runs.map(({ state }) => state.conclusion)).toEqual([null, 'cancelled'])
  expect(new Set(github.runs.map(({ state }) => state.title)).size).toBe(1)
  expect((await app.pipeline()).stages[0]?.attempts[0]?.control?.runId).toBe(github.runs[0]?.id)
})
