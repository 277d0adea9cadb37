// Everything real: Andon in its own process on its own Postgres, signed deliveries, and the board in a browser.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, openPage } from '../browser/support/open-browser.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { signDelivery } from '../support/deliveries.ts'
import { type HttpClient, openHttpClient } from '../support/http-load.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { findPostgres, type PostgresCluster, startCluster } from '../support/postgres-cluster.ts'
import { type Trace, traces } from '../support/traces.ts'

const WITHIN = { timeout: 60_000, interval: 100 }

let cluster: PostgresCluster
let andon: AndonProcess
let browser: Browser
let page: Page
let client: HttpClient

beforeAll(async () => {
  cluster = await startCluster(findPostgres() ?? 'postgres is not installed')
  expect((await (await startAndonProcess('migrate', { DATABASE_URL: cluster.url })).exited()).code).toBe(0)
  andon = await startAndonProcess('web', { DATABASE_URL: cluster.url })
  ;[browser] = await Promise.all([openBrowser(), andon.ready()])
  ;({ page } = await openPage(browser))
  client = openHttpClient()
})
afterAll(async () => {
  client.close()
  await browser.close()
  await stopAllProcesses()
  await cluster.remove()
})

test('a signed delivery updates the open board, and a delivery made while Postgres is down appears when it is back', async () => {
  // Nobody reads anything again here, and what was long ago is unknown.
  const startAt = new Date().toISOString()
  const [first, second] = traces(36, { startAt }).filter(({ light }) => light === 'review' || light === 'failed')
  if (first === undefined || second === undefined) throw new Error('no story ends on the board')
  await page.goto(andon.url)
  await page.evaluate('window.marked = true')
  await expect.poll(pill, WITHIN).toBe('● live')
  expect(await page.locator('tr.pipeline-row').count()).toBe(0)

  expect(await post(first)).toEqual(new Set([202]))
  await expect.poll(() => lights(), WITHIN).toEqual([first.light])

  await cluster.stop()
  await expect.poll(() => page.locator('html').getAttribute('data-live'), WITHIN).toBe('stale')
  expect(await pill()).toMatch(/stale|as of/)
  expect(await post(second)).toEqual(new Set([503]))
  await cluster.start()
  await andon.ready()
  expect(await post(second)).toEqual(new Set([202]))
  await expect.poll(() => lights(), WITHIN).toEqual([first.light, second.light].sort())
  await expect.poll(pill, WITHIN).toBe('● live')
  expect(await page.evaluate('window.marked')).toBe(true)
  const rows = await readAllRows(andon.url)
  expect(rows.map(({ light }) => light).sort()).toEqual(await lights())
  recordMeasurements('whole-board', {
    'lights without a reload': rows.length,
    'stale while Postgres was away': 1,
    reloads: 0,
  })
}, 240_000)

function pill(): Promise<string> {
  return page.locator('#connection-status').innerText()
}

/** The lights of the rows that the page shows. */
async function lights(): Promise<readonly string[]> {
  const words = await page.locator('tr.pipeline-row .light .word').allInnerTexts()
  return words.map((word) => (word === 'in review' ? 'review' : word)).sort()
}

async function post({ deliveries }: Trace): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>()
  for (const delivery of deliveries) statuses.add((await client.post(andon.url, signDelivery(delivery))).status)
  return statuses
}
