// A process that was frozen with a dispatch on its way, when others had long given it up and sent it again.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let whole: AndonApp
afterEach(() => whole.close())

test.each([
  ['heard of', 0],
  ['not heard of', 1],
])('of two runs for one attempt the younger is cancelled within a minute (deliveries are %s)', async (_, drop) => {
  const frozen = Promise.withResolvers<void>()
  const thaw = Promise.withResolvers<void>()
  whole = await openAndonApp(async () => null)
  const { github, andon } = whole
  const sleeper = await whole.startAnother(async () => {
    frozen.resolve()
    await thaw.promise
    return null
  })
  await whole.openLabeledIssue()
  await github.whenIdle()
  const step = sleeper.drain()
  await frozen.promise
  github.deliveries.injectFaults({ drop })
  await whole.advance(300)
  expect(github.runs).toHaveLength(1)
  thaw.resolve()
  await step
  await whole.advance(60, [andon, sleeper])
  expect(github.runs.map(({ state }) => state.conclusion)).toEqual([null, 'cancelled'])
  expect(new Set(github.runs.map(({ state }) => state.title)).size).toBe(1)
  expect((await whole.pipeline()).stages[0]?.attempts[0]?.control?.runId).toBe(github.runs[0]?.id)
})
