// A fifth of the deliveries is never sent and is in no log, a fifth comes twice, all are late and shuffled: every light is
// right within ten minutes, as GitHub itself says it is.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadReconcileReport } from '../../src/store/reconciles.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readAllRows } from '../support/board-api.ts'
import { lightsAtGitHub } from '../support/lights-at-github.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 2h, attempts: 1 }
  review: { pull_request: true }
limits: { running: 100, starts_per_day: 500 }
checks: { before_pull_request: off }
comments: off
`

vi.setConfig({ testTimeout: 30 * 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION, seed: randomSeed(), maxConcurrent: 8 })
})
afterEach(() => app.close())

test('with a fifth dropped without a trace, a fifth doubled, all shuffled and late, every light is right within ten minutes', async () => {
  const { github, repository } = app
  await app.openLabeledIssue()
  await app.advance(60)
  const issues = repetitions(4, 60)
  github.onDispatch((run) => run.start())
  const numbers: number[] = []
  for (let n = 0; n < issues; n += 1)
    numbers.push(await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] }))
  await app.advance(20 + issues * 3, { stride: 1 })
  const sent = github.deliveries.log.length
  github.deliveries.injectFaults({ drop: 0.2, duplicate: 0.2, reorderWithin: 30, delay: { probability: 1, ms: 5 } })
  const runOf = (issue: number) => github.runs.find(({ state }) => state.title.startsWith(`andon ${issue}/`))
  for (const [n, issue] of numbers.entries()) {
    if (n % 4 === 0) continue
    if (n % 4 === 1) runOf(issue)?.fail()
    else runOf(issue)?.succeed()
    if (n % 4 < 2) continue
    const branch = `andon/issue-${issue}`
    await github.createBranch(repository, branch)
    const pull = await github.openPullRequest(repository, { branch, title: `Fix ${issue}`, body: `Fixes #${issue}` })
    if (n % 4 === 3) await github.merge(repository, pull)
  }
  await github.whenIdle()
  const posted = github.deliveries.log.length - sent
  let took = 0
  let wrong: readonly string[] = ['all']
  for (; wrong.length > 0 && took < 600; took += 30) {
    await app.advance(30, { stride: 15 })
    const shown = new Map((await readAllRows(app.url)).map(({ issue, light }) => [issue, light]))
    wrong = [...lightsAtGitHub(github, repository, numbers)].flatMap(([issue, light]) =>
      shown.get(issue) === light ? [] : [`${issue}: ${shown.get(issue)}, not ${light}`],
    )
  }
  expect(wrong).toEqual([])
  const { repaired } = await loadReconcileReport(app.database)
  recordMeasurements('dropped', {
    faults: posted,
    wrong: 0,
    converge: took,
    issues,
    'found by reading': repaired,
  })
})
