// GitHub says `cancelled` for many reasons. Only a person's wish stands; everything else is a failed attempt in true words.
import { afterEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { unsent } from '../support/undelivered.ts'
import { readBoard, readIssue } from './support/issue-pages.ts'

const CONFIGURATION = `stages: { plan: { workflow: plan.yml, attempts: 3 } }
limits: { starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
`
const ROUNDS = repetitions(5, 100)

const NO_CAUSE = ', and GitHub does not say why'
const CAUSES: readonly [string, string, string][] = [
  [
    'a job that reached timeout-minutes',
    'The job running on runner GitHub Actions 2 has exceeded the maximum execution time of 30 minutes.',
    ': job agent reached its time limit',
  ],
  [
    'a job that reached the limit of a self-hosted runner',
    'The job has exceeded the maximum execution time of 6h0m0s',
    ': job agent reached its time limit',
  ],
  [
    'a newer run in its concurrency group',
    "Canceling since a higher priority waiting request for 'plan' exists",
    ': a newer run replaced it in its concurrency group',
  ],
  [
    'a concurrency group that waits for itself',
    "Canceling since a deadlock for concurrency group 'plan' was detected between 'top level workflow' and 'agent'",
    ': its concurrency group waits for itself',
  ],
  [
    'a runner that went away',
    'The hosted runner: GitHub Actions 9 lost communication with the server.',
    ': job agent lost its runner',
  ],
  [
    'a runner that was shut down',
    'The runner has received a shutdown signal. This can happen when the runner service is stopped.',
    ': job agent lost its runner',
  ],
  [
    'runners that were never there',
    'The job has exceeded the maximum execution time while awaiting a runner for 24h0m0s',
    ': no runner took job agent',
  ],
  ['an App', 'The run was canceled by @helper[bot].', ' by @helper[bot]'],
  ['a cause that GitHub words in a new way', 'The operation was canceled.', NO_CAUSE],
]

let app: AndonApp
afterEach(() => app.close())

/** The first run that Andon dispatches; its job is at work. */
async function firstRun(): Promise<Run> {
  const [run] = app.github.runs
  if (run === undefined) throw new Error('nothing was dispatched')
  run.start()
  run.job('agent').start()
  await app.advance(20)
  return run
}

async function openApp(): Promise<void> {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  await app.advance(20)
}

describe('a run that GitHub cancels', () => {
  test.each(CAUSES)('because of %s is tried again, in true words', async (_, annotation, words) => {
    await openApp()
    const run = await firstRun()
    run.conclude('cancelled', annotation)
    await app.advance(120, BY_SECONDS)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
    const history = (await (await fetch(`${app.url}/api/pipelines/${app.repository}/1`)).json()) as {
      history: readonly { text: string }[]
    }
    expect(history.history.map(({ text }) => text).join('\n')).toContain(
      `attempt 1 of 3 was cancelled on GitHub${words}`,
    )
  })

  test('as often as it may be tried fails, and needs a person', async () => {
    await openApp()
    app.github.onDispatch((run) => {
      run.start()
      run.job('agent').start()
      run.conclude('cancelled', 'The job has exceeded the maximum execution time of 1m0s')
    })
    ;(await firstRun()).conclude('cancelled', 'The job has exceeded the maximum execution time of 1m0s')
    await app.advance(300)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2', '1/plan/3'])
    expect(await readIssue(app)).toMatchObject({
      light: 'failed',
      reason:
        'attempt 3 of 3 was cancelled on GitHub: job agent reached its time limit; a person is needed: /andon retry plan',
    })
    expect((await readBoard(app)).counts).toMatchObject({ failed: 1, needsYou: 1 })
  })

  test('before any of its jobs began is tried again', async () => {
    await openApp()
    app.github.runs[0]?.conclude('cancelled')
    await app.advance(30, BY_SECONDS)
    expect((await readIssue(app)).reason).toBe('attempt 1 of 3 was cancelled on GitHub; asks GitHub why')
    await app.advance(120)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })

  test('is explained when GitHub answers only at the third try', async () => {
    await openApp()
    const run = await firstRun()
    app.github.injectFault({ requests: 'read', kind: '502-before', maxTimes: 2 })
    run.cancelBy('ada')
    await app.advance(180)
    expect(await readIssue(app)).toMatchObject({ light: 'idle', stages: [{ status: 'cancelled' }] })
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('is found out when its completion is never delivered', async () => {
    await openApp()
    const run = await firstRun()
    await unsent(app.github, () =>
      run.conclude('cancelled', 'The job has exceeded the maximum execution time of 10m0s'),
    )
    await app.advance(12 * 60)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })
})

describe('a run that a person cancels on GitHub', () => {
  const reason = 'attempt 1 of 3 was cancelled on GitHub by @ada; a person is needed: /andon retry plan'

  test('stands under Needs you until a command lets it go on', async () => {
    await openApp()
    const run = await firstRun()
    run.cancelBy('ada')
    await app.advance(3_600, { stride: 60 })
    expect(await readIssue(app)).toMatchObject({ reason, stages: [{ status: 'cancelled', reason }] })
    const { counts, issues, page } = await readBoard(app)
    expect([counts.needsYou, issues]).toEqual([1, [1]])
    expect(page).toContain('cancelled on GitHub by @ada')
    expect(app.dispatched()).toEqual(['1/plan/1'])
    await app.comment('/andon retry')
    await app.advance(30)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
    expect((await readBoard(app)).counts.needsYou).toBe(0)
  })

  test('goes on when a person re-runs it there', async () => {
    await openApp()
    const run = await firstRun()
    run.cancelBy('ada')
    await app.advance(60)
    run.rerun()
    run.start()
    await app.advance(20)
    expect(await readIssue(app)).toMatchObject({ light: 'running', reason: 'attempt 1 of 3 (re-run 1) runs' })
    run.cancelBy('ada')
    await app.advance(300)
    expect(await readIssue(app)).toMatchObject({ light: 'queued' })
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  })

  test('needs a person also where Andon only observes', async () => {
    app = await openAndonApp({ configuration: 'stages: { plan: { workflow: plan.yml, observe: true } }' })
    await app.openLabeledIssue()
    await app.advance(20)
    const branch = 'claude/issue-1-20261120-0800'
    const run = await app.github.startRun(app.repository, 'plan.yml', { branch, headSha: 'c'.repeat(40) })
    run.start()
    run.job('agent').start()
    run.cancelBy('ada')
    await app.advance(30)
    expect(await readIssue(app)).toMatchObject({ reason: 'attempt 1 was cancelled on GitHub by @ada' })
    expect(await readBoard(app)).toMatchObject({ counts: { needsYou: 1 }, issues: [1] })
  })
})

test('a run that Andon cancels for a command is no failed attempt', async () => {
  await openApp()
  await firstRun()
  await app.comment('/andon cancel')
  await app.advance(60)
  expect((await readIssue(app)).reason).toBe('cancelled by @linus; /andon retry plan tries again')
  expect(app.dispatched()).toEqual(['1/plan/1'])
})

test('of runs cancelled for any reason, with answers and deliveries lost, those that a person meant stand and the others are tried again', async () => {
  await openApp()
  await firstRun()
  app.github.runs[0]?.succeed()
  const chance = seededRandom(randomSeed())
  const found = { stand: 0, 'tried again': 0 }
  for (let number = 2; number <= ROUNDS + 1; number += 1) {
    const before = app.github.runs.length
    await app.github.openIssue(app.repository, { title: `Issue ${number}`, labels: ['andon'] })
    await app.advance(30)
    const run = app.github.runs[before]
    if (run === undefined) throw new Error(`issue ${number} was not dispatched`)
    run.start()
    for (let jobs = chance.integer(3); jobs >= 0; jobs -= 1) run.job(`agent ${jobs}`).start()
    await app.advance(10)
    const isPerson = chance.next() < 0.4
    const removeFault = app.github.injectFault({ requests: 'read', kind: '502-before', maxTimes: chance.integer(4) })
    app.github.deliveries.injectFaults({ drop: chance.next() < 0.2 ? 1 : 0, duplicate: 0.3 })
    if (isPerson) run.cancelBy('ada')
    else run.conclude('cancelled', CAUSES[chance.integer(CAUSES.length)]?.[1])
    app.github.deliveries.clearFaults()
    await app.advance(20 * 60, { stride: 60 })
    removeFault()
    const attempts = app.github.runs.length - before
    expect(attempts, `issue ${number}: ${(await readIssue(app, number)).reason}`).toBe(isPerson ? 1 : 2)
    found[isPerson ? 'stand' : 'tried again'] += 1
    app.github.runs.at(-1)?.succeed()
    await app.advance(20)
  }
  expect((await readBoard(app)).counts).toMatchObject({ needsYou: found.stand, failed: 0 })
  recordMeasurements('cancelled-causes', { faults: ROUNDS, lost: 0, ...found })
}, 900_000)
