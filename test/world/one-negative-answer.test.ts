// One negative answer is no proof. A run that GitHub does not know for a while goes on, and one that was taken for gone and is
// heard of again takes its place again, or is cancelled if a newer one has it.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApiResponse } from '../../fake-github/api-request.ts'
import type { Fault } from '../../fake-github/faults.ts'
import type { Run } from '../../fake-github/runs.ts'
import type { RecordedRequest } from '../../fake-github/write-log.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readsAndonYml } from './support/broken-answers.ts'

const CONFIGURATION = `stages: { plan: { workflow: plan.yml, timeout: 1m } }
checks: { before_pull_request: off }
comments: off
`
const NOT_FOUND = { kind: 'refuse', status: 404, message: 'Not Found' } as const
const GONE = { kind: 'refuse', status: 410, message: 'This is no longer here' } as const

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION })
})
afterEach(() => app.close())

function runs(): readonly Run[] {
  return app.github.runs
}

function live(): readonly Run[] {
  return runs().filter(({ state }) => state.status !== 'completed')
}

const isList = ({ method, path }: RecordedRequest) => method === 'GET' && path.split('?')[0]?.endsWith('/runs') === true
const isById = ({ method, path }: RecordedRequest) => method === 'GET' && /\/actions\/runs\/\d+$/.test(path)
const withoutRuns = (answer: ApiResponse): ApiResponse => ({ ...answer, body: { total_count: 0, workflow_runs: [] } })

/** Neither its address nor a list shows any run. */
function hideRuns(how: Fault = NOT_FOUND): void {
  app.github.chooseFaults((request) => {
    if (isById(request)) return how
    return isList(request) ? { kind: 'altered', alter: withoutRuns } : null
  })
}

/** The run of the first attempt, silent since it was queued. */
async function firstRun(): Promise<Run> {
  await app.openLabeledIssue()
  await app.advance(20)
  const [run] = runs()
  if (run === undefined) throw new Error('nothing was dispatched')
  return run
}

async function takeForGone(): Promise<Run> {
  const run = await firstRun()
  run.start()
  const job = run.job('agent')
  job.start()
  await app.report(run, { text: 'reading' })
  hideRuns()
  for (let waited = 0; waited < 180; waited += 5) {
    await app.advance(5, { stride: 5 })
    const [attempt] = (await app.pipeline()).stages[0]?.attempts ?? []
    if (attempt?.control?.closed?.kind === 'gone') return run
  }
  throw new Error('it is never given up')
}

describe('a run', () => {
  test.each([
    ['404', NOT_FOUND],
    ['410', GONE],
  ])('whose address answers %s for good goes on while GitHub lists it', async (_, fault) => {
    const run = await firstRun()
    run.start()
    app.github.chooseFaults((request) => (isById(request) ? fault : null))
    await app.advance(15 * 60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
    expect(app.github.writes.ofKind('cancel')).toEqual([])
  })

  test('that is neither found nor listed is given up only when that is said three times within a minute', async () => {
    const run = await firstRun()
    run.start()
    hideRuns()
    await app.advance(60 + 45, { stride: 5 })
    app.github.clearFaults()
    await app.advance(120)
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('that is heard of before another is started goes on', async () => {
    const run = await takeForGone()
    app.github.clearFaults()
    run.jobs[0]?.succeed()
    await app.advance(40, { stride: 5 })
    expect(app.dispatched()).toEqual(['1/plan/1'])
    run.succeed()
    await app.advance(20)
    expect((await app.pipeline()).stages[0]?.status).toBe('done')
  })

  test('that reports, after another was started, is cancelled, and the other goes on', async () => {
    const run = await takeForGone()
    await app.advance(60, { stride: 5 })
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
    app.github.clearFaults()
    runs()[1]?.start()
    expect(await app.report(run, {})).toBe(409)
    await app.advance(30, { stride: 5 })
    expect(live()).toEqual([runs()[1]])
    expect(run.state.conclusion).toBe('cancelled')
  })

  test('that is heard of by a delivery, after another was started, is cancelled too', async () => {
    const run = await takeForGone()
    await app.advance(60, { stride: 5 })
    app.github.clearFaults()
    runs()[1]?.start()
    run.jobs[0]?.succeed()
    await app.advance(30, { stride: 5 })
    expect(live()).toEqual([runs()[1]])
  })

  test('whose cancellation is answered with 404 is not given up while GitHub knows it', async () => {
    const run = await firstRun()
    const forgets = ({ method, path }: RecordedRequest) => method === 'POST' && path.endsWith('/cancel')
    app.github.chooseFaults((request) => (forgets(request) ? NOT_FOUND : null))
    await app.advance(60 + 180, { stride: 5 })
    expect(app.dispatched()).toEqual(['1/plan/1'])
    // By force, five minutes later, it ends; and only then is there another.
    await app.advance(300, { stride: 5 })
    expect(run.state.conclusion).toBe('cancelled')
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })
})

describe('a file that GitHub does not show while an issue is taken up', () => {
  beforeEach(async () => {
    const until = Date.parse(app.clock.now()) + 90_000
    app.github.chooseFaults((request) => (readsAndonYml(request) && request.at < until ? NOT_FOUND : null))
    await app.openLabeledIssue()
    await app.advance(120)
    expect(app.dispatched()).toEqual([])
  })

  test('counts once it is pushed', async () => {
    app.github.writeFile(app.repository, '.github/andon.yml', `${CONFIGURATION}# again\n`)
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('counts once the issue is started again', async () => {
    await app.comment('/andon start')
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })
})

test('a token that is answered with 404 for a while buries no question', async () => {
  const until = Date.parse(app.clock.now()) + 60_000
  app.github.chooseTokenFaults(({ at }) => (at < until ? NOT_FOUND : null))
  await app.openLabeledIssue()
  await app.advance(20 * 60)
  expect(app.dispatched()[0]).toBe('1/plan/1')
})
