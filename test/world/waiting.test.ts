// GitHub itself makes runs wait: for reviewers of an environment, its timer or rule, a concurrency group, an approval of the
// run. Each has its own words; a person who must approve is needed, and none of it is silence.
import { afterEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { unsent } from '../support/undelivered.ts'
import { readBoard, readIssue } from './support/issue-pages.ts'

const CONFIGURATION = `stages: { plan: { workflow: plan.yml, timeout: 1m, limit: 3h } }
limits: { starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
`
const ROUNDS = repetitions(3, 50)

const WAITS: readonly [string, boolean, (run: Run) => void][] = [
  ['an approval on GitHub for environment production', true, (run) => run.job('deploy').wait()],
  [
    'an approval on GitHub for environments canary, production',
    true,
    (run) => {
      run.job('deploy').wait()
      run.job('canary').wait({ name: 'canary' })
    },
  ],
  [
    'the wait timer of environment staging on GitHub',
    false,
    (run) => run.job('deploy').wait({ name: 'staging', reviewers: [], waitTimer: 43_200 }),
  ],
  [
    'a deployment rule of environment preview on GitHub',
    false,
    (run) => run.job('deploy').wait({ name: 'preview', reviewers: [] }),
  ],
  ['another run of its concurrency group on GitHub', false, (run) => run.wait('pending')],
  ['GitHub to queue it', false, (run) => run.wait('requested')],
  ['an approval on GitHub', true, (run) => run.conclude('action_required')],
]

let app: AndonApp
afterEach(() => app.close())

async function openApp(): Promise<Run> {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  await app.advance(20)
  const [run] = app.github.runs
  if (run === undefined) throw new Error('nothing was dispatched')
  return run
}

describe('a run that GitHub makes wait', () => {
  test.each(WAITS)('for %s says so, and is not cancelled (a person is needed: %s)', async (words, isPerson, wait) => {
    wait(await openApp())
    await app.advance(2 * 3_600, { stride: 120 })
    expect(await readIssue(app)).toMatchObject({
      light: 'queued',
      health: 'ok',
      reason: `attempt 1 of 3 waits for ${words}`,
      waiting: { for: words },
    })
    const { counts, page } = await readBoard(app)
    expect(counts).toMatchObject({ queued: 1, failed: 0, needsYou: isPerson ? 1 : 0 })
    expect(page.includes(`/actions/runs/${app.github.runs[0]?.id}" rel="noreferrer">Approve on GitHub`)).toBe(isPerson)
    expect(app.github.writes.ofKind('cancel')).toEqual([])
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('is cancelled at its limit like any other', async () => {
    const run = await openApp()
    run.job('deploy').wait()
    await app.advance(3 * 3_600 + 300, { stride: 120 })
    expect(app.github.writes.ofKind('cancel')[0]?.path).toContain(`/runs/${run.id}/`)
    expect((await readIssue(app)).stages[0]?.attempts[0]).toMatchObject({ conclusion: 'cancelled' })
  })

  test('goes on once it is approved, and is at work', async () => {
    const run = await openApp()
    const job = run.job('deploy')
    job.wait()
    await app.advance(600, { stride: 60 })
    expect((await readBoard(app)).counts.needsYou).toBe(1)
    job.approve()
    run.start()
    job.start()
    await app.advance(20)
    expect(await readIssue(app)).toMatchObject({ light: 'running' })
    expect((await readBoard(app)).counts.needsYou).toBe(0)
    run.succeed()
    await app.advance(20)
    expect(await readIssue(app)).toMatchObject({ light: 'done' })
  })

  test('and that a reviewer rejects is a no of a person: it needs one, and nothing is tried again before a command', async () => {
    const run = await openApp()
    const job = run.job('deploy')
    job.wait()
    await app.advance(60)
    job.reject()
    run.conclude('failure')
    await app.advance(2 * 3_600, { stride: 120 })
    expect(app.dispatched()).toEqual(['1/plan/1'])
    expect(await readIssue(app)).toMatchObject({
      light: 'idle',
      reason:
        'attempt 1 of 3: the deployment of job deploy was rejected, or its environment does not allow it; a person is needed: /andon retry plan',
    })
    expect((await readBoard(app)).counts).toMatchObject({ failed: 0, needsYou: 1 })
    await app.comment('/andon retry plan')
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })

  test('and that fails before it began for another reason is a failed attempt, tried again', async () => {
    const run = await openApp()
    const job = run.job('deploy', [])
    job.conclude('failure', 'The job was not started because recent account payments have failed.')
    run.conclude('failure')
    await app.advance(20)
    expect((await readIssue(app)).reason).toBe('attempt 1 of 3 failed before its job began; asks GitHub why')
    await app.advance(120)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })

  test('for a moment, as every job of an environment without rules does, needs nobody', async () => {
    const run = await openApp()
    const job = run.job('deploy')
    job.wait({ reviewers: [] })
    job.approve()
    await app.advance(20)
    expect((await readIssue(app)).reason).toBe('attempt 1 of 3 waits for a runner')
    expect((await readBoard(app)).counts.needsYou).toBe(0)
  })

  test('at its second job waits, though its first has ended', async () => {
    const run = await openApp()
    run.start()
    const build = run.job('build')
    build.start()
    await app.advance(20)
    expect(await readIssue(app)).toMatchObject({ light: 'running' })
    build.succeed()
    run.job('deploy').wait()
    await app.advance(3_600, { stride: 120 })
    expect((await readIssue(app)).reason).toBe(
      'attempt 1 of 3 waits for an approval on GitHub for environment production',
    )
    expect(app.github.writes.ofKind('cancel')).toEqual([])
  })

  test('says so also when no delivery tells it', async () => {
    const run = await openApp()
    await unsent(app.github, () => run.job('deploy').wait())
    await app.advance(15 * 60, { stride: 30 })
    expect((await readIssue(app)).reason).toBe(
      'attempt 1 of 3 waits for an approval on GitHub for environment production',
    )
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })
})

describe('a run that is read with its jobs', () => {
  test('is at work when one of them is, whatever the run says', async () => {
    const run = await openApp()
    await unsent(app.github, () => {
      run.job('agent').start()
      run.job('report')
    })
    await app.advance(300, { stride: 30 })
    expect(run.state.status).toBe('queued')
    expect(await readIssue(app)).toMatchObject({ light: 'running' })
    expect(app.github.writes.ofKind('cancel')).toEqual([])
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('is cancelled for silence when no runner takes any of them', async () => {
    const run = await openApp()
    run.job('agent')
    await app.advance(150)
    expect(app.github.writes.ofKind('cancel')[0]?.path).toContain(`/runs/${run.id}/`)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })
})

test('of runs that wait at random, deliveries lost, none is cancelled and none is tried again before it ends', async () => {
  const first = await openApp()
  first.succeed()
  const chance = seededRandom(randomSeed())
  for (let number = 2; number <= ROUNDS + 1; number += 1) {
    const before = app.github.runs.length
    await app.github.openIssue(app.repository, { title: `Issue ${number}`, labels: ['andon'] })
    await app.advance(30)
    const run = app.github.runs[before]
    if (run === undefined) throw new Error(`issue ${number} was not dispatched`)
    const [words = '', isPerson, wait] = WAITS[chance.integer(WAITS.length)] ?? []
    app.github.deliveries.injectFaults({ drop: chance.next() < 0.3 ? 1 : 0, duplicate: 0.3, reorderWithin: 3 })
    wait?.(run)
    app.github.deliveries.clearFaults()
    await app.advance(30 * 60, { stride: 60 })
    expect((await readIssue(app, number)).reason).toBe(`attempt 1 of 3 waits for ${words}`)
    expect((await readBoard(app)).counts.needsYou).toBe(isPerson ? 1 : 0)
    run.start()
    run.job('agent').start()
    run.succeed()
    await app.advance(30)
  }
  expect(app.github.writes.ofKind('cancel')).toEqual([])
  expect(app.github.runs).toHaveLength(ROUNDS + 1)
  recordMeasurements('waiting', { faults: ROUNDS, doubled: 0, wrong: 0, 'cancelled for silence': 0 })
}, 900_000)
