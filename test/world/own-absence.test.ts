// Our own absence is nobody's silence: while Andon is stopped, frozen or asleep, nobody can report to it.
import { afterEach, expect, test, vi } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements } from '../support/measurements.ts'

const AGENTS = 12
const CONFIGURATION = `stages: { plan: { workflow: plan.yml, timeout: 1m } }
limits: { running: ${AGENTS} }
checks: { before_pull_request: off }
comments: off
`
const MINUTE = 60

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let app: AndonApp
afterEach(() => app.close())

/** As many issues, each with an agent at work that has reported once. */
async function openAgents(count: number): Promise<void> {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  for (let issue = 2; issue <= count; issue += 1)
    await app.github.openIssue(app.repository, { title: `Issue ${issue}`, labels: ['andon'] })
  await app.advance(count + 25, { stride: 1 })
  expect(app.github.runs).toHaveLength(count)
  for (const run of app.github.runs) {
    run.job('agent').start()
    run.start()
    expect(await app.report(run, { text: 'reading' })).toBe(204)
  }
  await app.advance(10)
}

/** Nothing arrives and nothing is done meanwhile; the agents go on. */
async function freeze(seconds: number, atGitHub: () => void): Promise<void> {
  app.github.deliveries.injectFaults({ fail: 1 })
  app.clock.advance(seconds - 30)
  atGitHub()
  app.clock.advance(30)
  await app.github.whenIdle()
  app.github.deliveries.clearFaults()
}

function cancelled(): readonly Run[] {
  return app.github.runs.filter(({ state }) => state.conclusion === 'cancelled')
}

async function stagesDone(): Promise<number> {
  const rows = await app.database.kysely.selectFrom('pipelines').select('document').execute()
  return rows.filter(({ document }) => document.stages[0]?.status === 'done').length
}

test.each([
  ['five minutes', 5 * MINUTE],
  ['three hours', 180 * MINUTE],
])(
  'frozen for %s beside twelve live agents, none is cancelled, and every result is found',
  async (words, seconds) => {
    await openAgents(AGENTS)
    const [ended, working] = [app.github.runs.slice(0, 4), app.github.runs.slice(4)]
    await freeze(seconds, () => {
      for (const run of ended) {
        run.jobs[0]?.succeed()
        run.succeed()
      }
      for (const run of working) run.jobs[0]?.step()
    })
    for (let waited = 0; waited < 11 * MINUTE; waited += 20) {
      await app.advance(20)
      // Half of them can only be seen by reading their steps.
      for (const run of working.slice(0, 4)) await app.report(run, {})
      for (const run of working.slice(4)) if (waited % 40 === 0) moveStep(run)
    }
    expect(cancelled()).toEqual([])
    expect(await stagesDone()).toBe(ended.length)
    recordMeasurements(`own-absence-${seconds}`, { agents: AGENTS, frozen: words, cancelled: 0, found: ended.length })
  },
  60_000,
)

/** A long job has many steps; GitHub delivers nothing when one ends. */
function moveStep(run: Run): void {
  const steps = run.state.jobs[0]?.steps ?? []
  const last = steps.at(-1)
  if (last) Object.assign(last, { startedAt: app.clock.now(), status: 'in_progress' })
}

test('an agent that stays silent for its timeout after the waking is cancelled', async () => {
  await openAgents(1)
  await freeze(5 * MINUTE, () => undefined)
  await app.advance(50, { stride: 5 })
  expect(cancelled()).toEqual([])
  await app.advance(30, { stride: 5 })
  expect(cancelled()).toHaveLength(1)
})

test('a run that was being cancelled has its five minutes from the waking before it is forced', async () => {
  await openAgents(1)
  const [run] = app.github.runs
  run?.ignoreCancel()
  await app.comment('/andon cancel plan')
  await app.advance(30)
  expect(app.github.writes.ofKind('cancel')).toHaveLength(1)
  await freeze(60 * MINUTE, () => undefined)
  await app.advance(4 * MINUTE)
  expect(run?.state.conclusion).toBe(null)
  await app.advance(2 * MINUTE)
  expect(run?.state.conclusion).toBe('cancelled')
})
