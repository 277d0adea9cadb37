// Every table is bounded: what an issue leaves behind is gone some time after it is done.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prune } from '../../src/store/prune.ts'
import { countRows } from '../support/count-rows.ts'
import { type LineWorld, openLineWorld } from './support/line-world.ts'

/** One row for each repository, installation or process, however many issues there are. */
const ROWS_OF_PLACES = new Set([
  'installations',
  'repositories',
  'budgets',
  'chores',
  'loops',
  'beats',
  'users',
  'sweeps',
])
const YEAR_SECONDS = 365 * 24 * 60 * 60

let world: LineWorld
beforeEach(async () => {
  world = await openLineWorld(`stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml, attempts: 3 }
  review: { pull_request: true }
`)
})
afterEach(() => world.close())

test('a year after an issue is done, or was closed, no table has a row of it', async () => {
  const { github, repository, app } = world
  await world.settle(60)
  const before = await countRows(app.database)
  const merged = await world.openIssueInCode()
  merged.code.succeed()
  const pull = await world.propose({ issue: merged.issue, by: 'andon[bot]' })
  await world.settle(60)
  await app.comment('/andon why', { on: merged.issue })
  await github.review(repository, pull, 'approve')
  await github.merge(repository, pull)
  const closed = await world.openIssueInCode()
  await app.comment('/andon hold until tomorrow', { on: closed.issue })
  closed.code.fail()
  await world.settle(60)
  world.newestRun('code.yml').fail()
  await github.closeIssue(repository, closed.issue, 'not_planned')
  await world.settle(600)
  expect(await world.light(merged.issue)).toBe('done')

  app.clock.advance(YEAR_SECONDS)
  await prune(app.database, app.clock.now())
  const left = [...(await countRows(app.database))].filter(
    ([table, rows]) => !ROWS_OF_PLACES.has(table) && rows > (before.get(table) ?? 0),
  )
  expect(left).toEqual([])
})
