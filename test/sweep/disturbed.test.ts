// A fifth of the deliveries fails, a fifth comes twice, all come late and out of order: in the end every light is right.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readAllRows } from '../support/board-api.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 2h, attempts: 1 }
limits: { running: 100, starts_per_day: 500 }
checks: { before_pull_request: off }
comments: off
`

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION, seed: randomSeed(), maxConcurrent: 8 })
})
afterEach(() => app.close())

test('with a fifth dropped, a fifth doubled, all shuffled and late, every light is right in the end', async () => {
  const { github, repository } = app
  await app.openLabeledIssue()
  await app.advance(60)
  const issues = repetitions(9, 90)
  github.deliveries.injectFaults({ fail: 0.2, duplicate: 0.2, reorderWithin: 30, delay: { probability: 1, ms: 5 } })
  const ended = new Map<number, 'done' | 'running' | 'failed'>()
  github.onDispatch((run) => run.start())
  for (let n = 0; n < issues; n += 1) {
    const issue = await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] })
    ended.set(issue, (['done', 'running', 'failed'] as const)[n % 3] ?? 'running')
    if (n % 10 === 9) await app.advance(30)
  }
  // What starts them may have been dropped: it is found before they end.
  await app.advance(330, { stride: 30 })
  await app.advance(issues * 3, { stride: 1 })
  for (const [issue, end] of ended) {
    const run = github.runs.find(({ state }) => state.title.startsWith(`andon ${issue}/`))
    if (end === 'failed') run?.fail()
    if (end === 'done') run?.succeed()
  }
  await github.whenIdle()
  const expected = [...ended].map(([issue, light]) => `${issue} ${light}`)
  let took = 0
  let wrong = expected
  for (; wrong.length > 0 && took < 600; took += 10) {
    await app.advance(10)
    const rows = await readAllRows(app.url)
    const shown = new Set(rows.map(({ issue, light }) => `${issue} ${light}`))
    wrong = expected.filter((each) => !shown.has(each))
  }
  expect(wrong).toEqual([])
  const { log } = github.deliveries
  recordMeasurements('disturbed', {
    faults: log.filter(({ statusCode }) => statusCode === 0).length,
    lost: 0,
    wrong: 0,
    converge: took,
    issues,
    deliveries: log.length,
  })
})
