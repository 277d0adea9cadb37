// What GitHub dropped without a trace, even in its log, is found by reading what is under way.
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadReconcileReport } from '../../src/store/reconciles.ts'
import { loadSweepReports } from '../../src/store/sweep-report.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { unsent } from '../support/undelivered.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 20m }
  review: { pull_request: true }
checks: { before_pull_request: off }
comments: off
`

vi.setConfig({ testTimeout: 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  await app.advance(60)
})
afterEach(() => app.close())

type Detail = {
  readonly light: string
  readonly history: readonly { readonly type: string; readonly evidence: { readonly repairedAt?: string } | null }[]
}

async function detail(): Promise<Detail> {
  return (await (await fetch(`${app.url}/api/pipelines/${app.repository}/1`)).json()) as Detail
}

const repairedEntries = async () =>
  (await detail()).history.filter(({ evidence }) => evidence?.repairedAt !== undefined).map(({ type }) => type)

/** The answers to conditional reads of the issue. */
const readsOfIssue = () =>
  app.github.writes.requests.filter(({ path }) => path.endsWith('/issues/1')).map(({ status }) => status)

describe('what GitHub never delivered is right within six minutes, and marked as repaired:', () => {
  test('an issue that was closed', async () => {
    app.github.runs[0]?.start()
    await unsent(app.github, () => app.github.closeIssue(app.repository, 1, 'completed'))
    await app.advance(360)
    expect(await repairedEntries()).toContain('issue.closed')
    expect(await (await fetch(`${app.url}/${app.repository}/issues/1`)).text()).toContain('no delivery had told of it')
  })

  test('who an issue is assigned to', async () => {
    await unsent(app.github, () => app.github.assign(app.repository, 1, ['grace']))
    await app.advance(360)
    const [row] = await app.database.kysely.selectFrom('pipelines').select('people').execute()
    expect(row?.people).toContain('grace')
  })

  test('a run that ended, while its job was still at work as far as anybody had said', async () => {
    const [run] = app.github.runs
    run?.start()
    await app.advance(60)
    await unsent(app.github, () => run?.succeed())
    await app.advance(360)
    expect(await repairedEntries()).toContain('stage.done')
  })

  test('a failed run that a person ran again, and its end', async () => {
    for (let n = 0; n < 3; n += 1) {
      app.github.runs[n]?.start()
      app.github.runs[n]?.fail()
      await app.advance(120)
    }
    expect((await detail()).light).toBe('failed')
    await unsent(app.github, () => app.github.runs.at(-1)?.rerun())
    await app.advance(400)
    expect((await detail()).light).toBe('queued')
    await unsent(app.github, () => app.github.runs.at(-1)?.succeed())
    await app.advance(360)
    expect(await repairedEntries()).toContain('stage.done')
  })
})

test('a run whose progress is unknown is read when a person looks at its page', async () => {
  const [run] = app.github.runs
  run?.start()
  await app.advance(1_300, { stride: 50 })
  expect(await detail()).toMatchObject({ light: 'running', health: 'unknown' })
  const ofRun = () => app.github.writes.requests.filter(({ path }) => path.endsWith(`/runs/${run?.id}`)).length
  // It was read a moment ago: then it is not read again for that.
  await app.advance(70, { stride: 70 })
  const before = ofRun()
  await fetch(`${app.url}/${app.repository}/issues/1`)
  await app.advance(10)
  expect(ofRun()).toBeGreaterThan(before)
})

test('the page of a run whose progress is unknown is shown by a database that takes no writes, too', async () => {
  app.github.runs[0]?.start()
  await app.advance(1_300, { stride: 50 })
  const { kysely } = app.database
  await sql`set default_transaction_read_only = on`.execute(kysely)
  const page = await fetch(`${app.url}/${app.repository}/issues/1`)
  await sql`set default_transaction_read_only = off`.execute(kysely)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('unknown')
})

test('reading again what has not changed costs nothing of the rate limit, and what is over is not read', async () => {
  app.github.runs[0]?.start()
  await app.advance(1_800, { stride: 60 })
  const reads = readsOfIssue()
  expect(reads.length).toBeGreaterThanOrEqual(5)
  expect(reads.filter((status) => status === 200).length).toBeLessThanOrEqual(2)
  expect(await loadReconcileReport(app.database)).toMatchObject({ open: 1, repaired: 0, failing: 0 })
  app.github.runs[0]?.succeed()
  await app.github.closeIssue(app.repository, 1, 'not_planned')
  await app.advance(60)
  const before = readsOfIssue().length
  await app.advance(1_200, { stride: 300 })
  expect(readsOfIssue().length).toBe(before)
})

test('what GitHub has just delivered is not taken for missed', async () => {
  for (let n = 0; n < 8; n += 1) {
    await app.github.editIssue(app.repository, 1, { title: `Title ${n}` })
    await app.advance(50)
  }
  expect((await loadReconcileReport(app.database)).repaired).toBe(0)
})

test('after a gap in the log everything under way is read, and only then the gap is over', async () => {
  app.github.runs[0]?.start()
  await app.advance(10)
  const log = app.github.deliveries.log as unknown[]
  log.splice(0)
  app.clock.advance(4 * 24 * 3_600)
  await unsent(app.github, () => app.github.closeIssue(app.repository, 1, 'completed'))
  app.github.chooseFaults(({ path }) => (path.endsWith('/issues/1') ? { kind: '502-before' } : null))
  const another = await app.startAnother()
  await app.advance(60, { andons: [another] })
  const sentence = 'GitHub kept no log of what it sent from'
  expect(await (await fetch(`${app.url}/healthz`)).text()).toContain(sentence)
  expect((await loadReconcileReport(app.database)).failing).toBe(1)
  app.github.clearFaults()
  await app.advance(150, { andons: [another] })
  expect(await repairedEntries()).toContain('issue.closed')
  expect(await (await fetch(`${app.url}/healthz`)).text()).not.toContain(sentence)
  expect((await loadSweepReports(app.database))[0]?.cutOff?.reconciledAt).not.toBeNull()
})
