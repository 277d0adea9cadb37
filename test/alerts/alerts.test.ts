// A matrix: each fault is made, `/metrics` is scraped, and Prometheus says which alerts fire. Each is fired by its own fault and
// by no other.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Delivery } from '../../fake-github/deliveries.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { upsertLoop } from '../../src/store/loops.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { millisecondsAfter } from '../../src/text/milliseconds-after.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { postUnreadable } from '../support/unreadable-delivery.ts'
import { CLOSED, openAgents } from '../world/support/agents.ts'
import { hasPromtool, parseMetrics, readAlertRules, type Sample, whyNotFired } from './support/promtool.ts'

if (!hasPromtool)
  console.log('left out: which alerts fire, because there is no promtool (Debian: apt-get install prometheus)')

const TIMEOUT_MS = 240_000
const HOUR = 3_600
const closing: (() => unknown)[] = []
let judged = 0

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Scrape = { readonly samples: readonly Sample[]; readonly at: string; readonly isUp: boolean }

async function open(o: Parameters<typeof openAndonApp>[0] = {}): Promise<AndonApp> {
  const app = await openAndonApp(o)
  closing.push(() => app.close())
  return app
}

async function scrape({ clock }: Pick<AndonApp, 'clock'>, url: string): Promise<Scrape> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return { samples: parseMetrics(text), at: clock.now(), isUp: true }
}

/** A worker elsewhere is alive, and gets on unless it is in an iteration since then; then the scrape. */
async function scrapeWorked(app: AndonApp, inFlightSince: Instant | null = null): Promise<Scrape> {
  const now = app.clock.now()
  await upsertLoop(app.database, {
    ...{ id: 'worker-elsewhere-7', host: 'elsewhere', pid: 7, startedAtTicks: null, role: 'worker' },
    ...{ status: inFlightSince === null ? 'idle' : 'running', iteration: 12, beatAt: now },
    ...{ progressAt: inFlightSince ?? now, inFlightSince, lastError: null },
  })
  return await scrape(app, app.url)
}

/** One issue whose agent runs, and says nothing. */
async function openWorkingApp(o: Parameters<typeof openAndonApp>[0] = {}): Promise<AndonApp> {
  const app = await open(o)
  await app.openLabeledIssue()
  await app.advance(60)
  app.github.runs[0]?.start()
  app.github.runs[0]?.job('agent').start()
  await app.advance(20)
  return app
}

const FAULTS: Readonly<Record<string, () => Promise<Scrape | null>>> = {
  async none() {
    return await scrapeWorked(await openWorkingApp())
  },

  async 'AndonDown: the process is gone'() {
    return { samples: [], at: '2026-11-20T08:00:00.000Z', isUp: false }
  },

  async 'AndonDatabaseAway: the database refuses connections'() {
    const app = await open()
    const database = await openPostgresDatabase('postgres://nobody@127.0.0.1:9/none')
    closing.push(() => database.close())
    const another = await app.startAnother(database)
    return await scrape(app, `http://127.0.0.1:${await another.listen()}`)
  },

  async 'AndonDiskLow: the disk has 128 MiB'() {
    const mount = mkdtempSync(join(tmpdir(), 'andon-alerts-disk-'))
    closing.push(() => rmSync(mount, { recursive: true }))
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', mount]).status !== 0) return null
    closing.push(() => spawnSync('umount', [mount]))
    return await scrapeWorked(await openWorkingApp({ dataDirectory: mount }))
  },

  async 'AndonLoopStale: no worker was ever started'() {
    const app = await openWorkingApp()
    return await scrape(app, app.url)
  },

  async 'AndonLoopStale: a worker was frozen five minutes ago'() {
    const app = await openWorkingApp()
    await scrapeWorked(app)
    app.clock.advance(300)
    return await scrape(app, app.url)
  },

  async 'AndonLoopStale: a worker beats in an iteration that hangs, and work becomes old'() {
    const app = await open()
    await app.openLabeledIssue()
    await app.github.whenIdle()
    app.clock.advance(1_200)
    return await scrapeWorked(app, millisecondsAfter(app.clock.now(), -900_000))
  },

  async 'AndonOutboxOld: a worker is alive and sends nothing'() {
    const app = await open()
    await app.openLabeledIssue()
    await app.github.whenIdle()
    app.clock.advance(1_200)
    return await scrapeWorked(app)
  },

  async 'AndonNothingArrives: GitHub says nothing for two hours while an agent runs'() {
    const app = await openWorkingApp()
    await app.advance(2 * HOUR, { stride: 60 })
    return await scrapeWorked(app)
  },

  async 'AndonNothingArrives: deliveries are found in GitHub’s log alone'() {
    const app = await openWorkingApp()
    app.github.deliveries.setTarget(null)
    for (let comment = 0; comment < 3; comment++) {
      await app.comment(`note ${comment}`)
      await app.advance(300, { stride: 30 })
    }
    const scraped = await scrapeWorked(app)
    app.github.deliveries.setTarget(`${app.url}/api/github/webhooks`)
    return scraped
  },

  async 'AndonDeliveriesFailing: a delivery cannot be read'() {
    const app = await openWorkingApp()
    await postUnreadable(app)
    return await scrapeWorked(app)
  },

  async 'AndonBreakerOpen: a provider is closed, and runs of three issues fail at once'() {
    const world = await openAgents(readFileSync('test/alerts/support/andon.yml', 'utf8'), () => CLOSED)
    closing.push(() => world.close())
    await world.label(5)
    await world.pass(240)
    return await scrapeWorked(world)
  },

  async 'AndonGitHubQuota: GitHub is quiet for fifteen minutes'() {
    const app = await openWorkingApp()
    app.github.injectFault({ requests: 'any', kind: 'primary-limit', maxTimes: 1, retryAfterSeconds: 900 })
    await app.comment('/andon status')
    await app.advance(40)
    return await scrapeWorked(app)
  },

  async 'AndonSweepFailing: GitHub refuses its log of deliveries'() {
    const app = await openWorkingApp()
    app.github.chooseFaults(({ path }) =>
      path.startsWith('/app/hook/deliveries') ? { kind: 'refuse', status: 500, message: 'no' } : null,
    )
    await app.advance(700, { stride: 20 })
    return await scrapeWorked(app)
  },

  async 'AndonSweepCutOff: GitHub has dropped its log of the last hour'() {
    const app = await openWorkingApp()
    const log = app.github.deliveries.log as Delivery[]
    log.splice(0)
    await app.advance(320, { stride: 20 })
    return await scrapeWorked(app)
  },
}

test.each(Object.keys(FAULTS))(
  'Prometheus fires for this fault its own alert, and no other (%s)',
  async (name) => {
    if (!hasPromtool) return
    const scraped = await FAULTS[name]?.()
    if (!scraped) return console.log(`left out: ${name}, because this user may not mount a disk`)
    const [alert = ''] = name.split(':')
    expect(whyNotFired(scraped, name === 'none' ? [] : [alert])).toBeNull()
    expect(whyNotFired(scraped, name === 'none' ? ['AndonDown'] : [])).not.toBeNull()
    judged += 1
  },
  TIMEOUT_MS,
)

test('every alert has a fault that fires it', () => {
  const alerts = readAlertRules().length
  recordMeasurements('alerts', {
    faults: Object.keys(FAULTS).length,
    wrong: Object.keys(FAULTS).length - judged,
    alerts,
  })
  const faulty = new Set(Object.keys(FAULTS).map((name) => name.split(':')[0]))
  expect(readAlertRules().filter(({ alert }) => !faulty.has(alert))).toEqual([])
})
