// The machine's clock is set while Andon works. Ages are measured by GitHub's clock, and nothing waits for the jump.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'

const HOUR = 3_600

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: PLAN })
  await app.openLabeledIssue()
  await app.github.openIssue(app.repository, { title: 'Second', labels: ['andon'] })
  await app.github.openIssue(app.repository, { title: 'Third', labels: ['andon'] })
  await app.advance(60)
  expect(app.github.runs).toHaveLength(3)
  for (const run of app.github.runs) {
    run.job('agent').start()
    run.start()
    await app.report(run, { text: 'reading' })
  }
  await app.advance(30)
})
afterEach(() => app.close())

test.each([5 * 60, 7 * HOUR, 40 * 24 * HOUR])('set ahead by %i s, no live run is cancelled', async (seconds) => {
  app.setClock(seconds)
  for (let minutes = 0; minutes < 25; minutes += 1) {
    await app.advance(60, { stride: 20 })
    for (const run of app.github.runs) await app.report(run, {})
  }
  expect(app.github.writes.ofKind('cancel')).toEqual([])
  expect(app.github.runs.map(({ state }) => state.status)).toEqual(Array(3).fill('in_progress'))
})

test.each([HOUR, 5 * 60, 60])(
  'set back by %i s, an issue is started and its comment is written at once',
  async (seconds) => {
    app.setClock(-seconds)
    await app.github.openIssue(app.repository, { title: 'Fourth', labels: ['andon'] })
    await app.advance(90)
    expect(app.dispatched()).toContain('4/plan/1')
    expect(app.github.comments(app.repository, 4)).toHaveLength(1)
  },
)

test('set ahead and back again, nothing waits for what was written in between', async () => {
  app.setClock(7 * HOUR)
  app.github.chooseFaults(({ kind }) => (kind === 'token' ? null : { kind: 'unreachable' }))
  await app.github.openIssue(app.repository, { title: 'Fourth', labels: ['andon'] })
  await app.advance(40)
  app.setClock(-7 * HOUR)
  app.github.clearFaults()
  await app.github.openIssue(app.repository, { title: 'Fifth', labels: ['andon'] })
  await app.advance(120)
  expect(app.dispatched()).toContain('4/plan/1')
  // Four may run at once.
  for (const run of app.github.runs) run.succeed()
  await app.advance(60)
  expect(app.dispatched()).toContain('5/plan/1')
  for (const run of app.github.runs) run.succeed()
  await app.advance(30)
  const rows = await app.database.kysely.selectFrom('pipelines').select('light').execute()
  expect(rows.map(({ light }) => light)).toEqual(Array(5).fill('done'))
})
