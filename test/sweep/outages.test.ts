// Andon is down for a minute, for hours, for days, and for longer than GitHub keeps its log: what matters of what it missed is
// recovered within ten minutes, and within a fifth of what GitHub lets an App ask in an hour.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSweepReports } from '../../src/store/sweep-report.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readAllRows } from '../support/board-api.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'

const MINUTE = 60
const DAY = 24 * 3_600
const OUTAGES = [
  ['1 minute', MINUTE],
  ['6 hours', 6 * 3_600],
  ['2.9 days', 2.9 * DAY],
  ['4 days', 4 * DAY],
] as const

const MISSED = repetitions(350, 7_000)
/** Two deliveries each: opened, and labelled. */
const ISSUES = repetitions(15, 135)
const FIFTH_OF_THE_QUOTA = 1_000

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

test.each(OUTAGES)('down for %s, Andon recovers all that matters within ten minutes', async (name, seconds) => {
  const { github, repository, clock } = app
  await app.openLabeledIssue()
  await app.advance(120)
  const url = github.deliveries.target()
  github.deliveries.setTarget(null)
  const others = MISSED - 2 * ISSUES
  for (let n = 1; n <= ISSUES; n += 1) {
    clock.advance(seconds / ISSUES)
    await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] })
    for (let other = Math.floor(((n - 1) * others) / ISSUES); other < Math.floor((n * others) / ISSUES); other += 1)
      github.deliver('issues', { action: 'pinned', issue: github.issue(repository, 1) })
    await github.whenIdle()
  }
  github.deliveries.setTarget(url)
  const before = github.writes.requests.length
  const again = await app.startAnother()
  const asked = () => github.writes.requests.slice(before).filter(({ path }) => path.startsWith('/app/hook')).length
  let took = 0
  while (took < 10 * MINUTE && (await readAllRows(app.url)).length < ISSUES + 1) {
    await app.advance(10, { andons: [again] })
    took += 10
  }
  const within = asked()
  const issues = new Set((await readAllRows(app.url)).map(({ issue }) => issue))
  expect(issues.size).toBe(ISSUES + 1)
  expect(within).toBeLessThanOrEqual(FIFTH_OF_THE_QUOTA)
  const [report] = await loadSweepReports(app.database)
  expect(report?.cutOff === null).toBe(seconds < 3 * DAY)
  expect(report?.due).toBe(0)
  recordMeasurements('outages', {
    faults: MISSED,
    down: name,
    matter: 2 * ISSUES,
    lost: 0,
    converge: took,
    'requests for the log': within,
  })
})
