// How a page comes by its stream, and what it says when it has none.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { busyBoard } from '../web/support/board-fixtures.ts'
import { type BoardServer, startBoardServer } from './support/board-server.ts'
import { type FlakyProxy, openFlakyProxy } from './support/flaky-proxy.ts'
import { openBrowser } from './support/open-browser.ts'

const WITHIN = { timeout: 40_000, interval: 50 }
const OUTAGE_MS = repetitions(12_000, 30_000)

let browser: Browser
let context: BrowserContext
let board: BoardServer
let proxy: FlakyProxy
let page: Page
const open: { close(): Promise<unknown> }[] = []

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  await start()
})
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function start(o: Parameters<typeof startBoardServer>[0] = {}): Promise<void> {
  const started = await startBoardServer(o)
  board = started
  open.push({ close: () => started.stop() })
  const proxied = await openFlakyProxy(board.url)
  proxy = proxied
  open.push(proxied)
  context = await browser.newContext()
  open.push(context)
  page = await context.newPage()
}

const state = (at = page) => at.locator('html').getAttribute('data-live')
const rows = (at = page) => at.locator('tr.pipeline-row').count()
const build = (at = page) => at.locator('html').getAttribute('data-build')

async function look(path = '/', at = page, url = proxy.url): Promise<Page> {
  await at.goto(url + path)
  await at.evaluate('window.marked = true')
  await expect.poll(() => state(at), WITHIN).toBe('live')
  return at
}

const sameDocument = (at = page) => at.evaluate<boolean>('window.marked === true')
const fewer = () => busyBoard().slice(0, 5)
const isStream = (path: string) => path.startsWith('/events')
const pageLoads = () => proxy.seen.filter((path) => path === '/').length

test('thirty tabs share one stream over HTTP/1.1, whatever they show, and all of them stay live', async () => {
  const paths = ['/', '/acme/api', '/acme/widgets', '/acme/api/issues/14', '/acme/widgets/issues/42']
  const tabs = await Promise.all(Array.from({ length: 30 }, () => context.newPage()))
  for (const [index, tab] of tabs.entries()) await look(paths[index % paths.length], tab, board.url)
  expect(await board.streams()).toBe(1)
  board.show({ rows: fewer() })
  const expected = fewer().length
  for (const tab of tabs.filter((_, index) => index % paths.length === 0))
    await expect.poll(() => rows(tab), WITHIN).toBe(expected)
  await tabs[0]?.goto(`${board.url}/acme/api`)
  for (const tab of tabs) await expect.poll(() => state(tab), WITHIN).toBe('live')
  expect(await board.streams()).toBe(1)
})

test.each([
  ['where there are no shared workers, the tab that holds a lock reads for all', ['SharedWorker'], 1],
  ['where there are no locks either, each tab reads for itself', ['SharedWorker', 'BroadcastChannel'], 3],
])('%s', async (_, missing, streams) => {
  await context.addInitScript(`for (const name of ${JSON.stringify(missing)}) delete window[name]`)
  const tabs = [page, await context.newPage(), await context.newPage()] as const
  for (const tab of tabs) await look('/', tab, board.url)
  expect(await board.streams()).toBe(streams)
  board.show({ rows: fewer() })
  for (const tab of tabs) await expect.poll(() => rows(tab), WITHIN).toBe(5)
  // The first one led.
  await tabs[0].close()
  board.show({ rows: busyBoard() })
  for (const tab of tabs.slice(1)) await expect.poll(() => rows(tab), WITHIN).toBe(12)
  expect(await board.streams()).toBe(streams === 1 ? 1 : 2)
})

test('a tab that was frozen catches up when it is shown again', async () => {
  await look()
  await look('/', await context.newPage())
  const session = await context.newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  for (let round = 0; round < 40; round += 1) {
    board.show({ rows: busyBoard().slice(0, 3 + (round % 7)) })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  board.show({ rows: fewer() })
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await expect.poll(() => rows(), WITHIN).toBe(5)
  await expect.poll(() => state(), WITHIN).toBe('live')
  expect(await sameDocument()).toBe(true)
})

test('a server that is frozen is shown as stale within twelve seconds, and what it says when it thaws is shown', async () => {
  await start({ beatEveryMs: 5_000 })
  await look()
  const frozenAt = performance.now()
  board.kill('SIGSTOP')
  await expect.poll(() => state(), WITHIN).toBe('stale')
  expect(performance.now() - frozenAt).toBeLessThan(12_000)
  board.kill('SIGCONT')
  board.show({ rows: fewer() })
  await expect.poll(() => state(), WITHIN).toBe('live')
  await expect.poll(() => rows(), WITHIN).toBe(5)
  expect(await sameDocument()).toBe(true)
})

test('a stale page says when it tries again, and tries at once when asked', async () => {
  await look()
  proxy.decide((path) => (isStream(path) ? { status: 502 } : { to: board.url }))
  proxy.cut()
  await expect.poll(() => page.locator('#retry').innerText(), WITHIN).toMatch(/next try in [4-5] s\s+now/)
  expect(await page.locator('#clock').innerText()).toMatch(/^as of \d\d:\d\d:\d\d UTC$/)
  const colours = () =>
    page.evaluate(
      "[...document.querySelectorAll('#counts b, #main .title')].map((e) => getComputedStyle(e).color).join()",
    )
  const stale = await colours()
  proxy.decide(() => ({ to: board.url }))
  await page.locator('#retry button').click()
  await expect.poll(() => state(), { timeout: 2_500, interval: 20 }).toBe('live')
  expect(await page.locator('#retry').isHidden()).toBe(true)
  expect(await colours()).not.toBe(stale)
})

test('while a proxy answers 502 the board stays, is asked for at least every five seconds, and comes back', async () => {
  await look()
  proxy.decide(() => ({ status: 502 }))
  proxy.cut()
  const endsAt = performance.now() + OUTAGE_MS
  const tries: number[] = []
  let known = proxy.seen.length
  while (performance.now() < endsAt) {
    if (proxy.seen.slice(known).some(isStream)) tries.push(performance.now())
    known = proxy.seen.length
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
  expect(tries.length).toBeGreaterThan(2)
  expect(Math.max(...gaps)).toBeLessThan(5_500)
  expect([await state(), await rows(), await sameDocument()]).toEqual(['stale', 12, true])
  board.show({ rows: fewer() })
  proxy.decide(() => ({ to: board.url }))
  await expect.poll(() => rows(), { timeout: 6_500, interval: 20 }).toBe(5)
  await expect.poll(() => state(), WITHIN).toBe('live')
  expect(await sameDocument()).toBe(true)
  recordMeasurements('proxy-502', { faults: tries.length, stuck: 0, 'seconds without a server': OUTAGE_MS / 1_000 })
})

test('focus, place and what is unfolded survive every swap', async () => {
  await page.setViewportSize({ width: 1000, height: 300 })
  await look()
  await page.evaluate(`{
    document.querySelector('#pipeline-12').scrollIntoView({ block: 'center' })
    document.querySelector('#pipeline-12 a').focus({ preventScroll: true })
  }`)
  const place = () => page.evaluate<number>("document.querySelector('#pipeline-12').getBoundingClientRect().top")
  const before = await place()
  const withoutFirst = busyBoard().filter(({ shown }) => shown.id !== 11)
  for (const rows of [withoutFirst, busyBoard(), withoutFirst, busyBoard()]) {
    board.show({ rows })
    await expect.poll(() => page.locator('#pipeline-11').count(), WITHIN).toBe(rows === withoutFirst ? 0 : 1)
    await expect.poll(async () => Math.abs((await place()) - before), WITHIN).toBeLessThan(3)
    expect(await page.evaluate("document.activeElement.closest('tr').id")).toBe('pipeline-12')
  }
})

test('what somebody unfolded stays unfolded, and what they folded stays folded', async () => {
  await look()
  const swap = (text: string) =>
    page.evaluate(`import(document.querySelector('script[type=module]').src.replace('andon.js', 'swap.js')).then(
      ({ swapIn }) => swapIn(document.getElementById('stream'), ${JSON.stringify(text)}))`)
  const footer = (text: string) =>
    `<hx-partial hx-target="#footer" hx-swap="outerMorph"><footer id="footer"><details><summary>${text}</summary>1</details><details open><summary>${text}</summary>2</details></footer></hx-partial>`
  await swap(footer('before'))
  const unfolded = () => page.evaluate("[...document.querySelectorAll('#footer details')].map(({ open }) => open)")
  expect(await unfolded()).toEqual([false, true])
  await page.locator('#footer summary').nth(0).click()
  await page.locator('#footer summary').nth(1).click()
  await swap(footer('after'))
  expect(await page.locator('#footer summary').nth(0).innerText()).toBe('after')
  expect(await unfolded()).toEqual([true, false])
})

test('a page that is looked at again tries at once', async () => {
  await look()
  proxy.decide((path) => (isStream(path) ? { status: 502 } : { to: board.url }))
  proxy.cut()
  await expect.poll(() => page.locator('#retry').innerText(), WITHIN).toMatch(/next try in [2-5] s/)
  proxy.decide(() => ({ to: board.url }))
  const seen = proxy.seen.length
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  await expect.poll(() => proxy.seen.slice(seen).some(isStream), { timeout: 800, interval: 10 }).toBe(true)
  await expect.poll(() => state(), WITHIN).toBe('live')
})

test('a machine that slept, and whose connections are gone, is live again as soon as it wakes', async () => {
  await look()
  const { processInfo } = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo')
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const { id } of processInfo) process.kill(id, name)
  }
  signal('SIGSTOP')
  board.show({ rows: fewer() })
  proxy.cut()
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  signal('SIGCONT')
  await expect.poll(() => rows(), { timeout: 2_500, interval: 20 }).toBe(5)
  expect([await state(), await sameDocument()]).toEqual(['live', true])
})

test('a network that is back is used at once', async () => {
  await look()
  await context.setOffline(true)
  proxy.cut()
  await expect.poll(() => state(), WITHIN).toBe('stale')
  board.show({ rows: fewer() })
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  await context.setOffline(false)
  await expect.poll(() => state(), { timeout: 2_500, interval: 20 }).toBe('live')
  await expect.poll(() => rows(), WITHIN).toBe(5)
})

test('a new build reloads the page once, and only after its page was there: no 502 of a proxy is ever shown', async () => {
  await look()
  const next = await startBoardServer({ build: 'build-2' })
  open.push({ close: () => next.stop() })
  proxy.decide((path) => (isStream(path) || path.startsWith('/assets') ? { to: next.url } : { status: 502 }))
  proxy.cut()
  await expect.poll(pageLoads, WITHIN).toBeGreaterThan(3)
  await expect.poll(() => state(), WITHIN).toBe('live')
  expect([await sameDocument(), await rows()]).toEqual([true, 12])
  proxy.decide(() => ({ to: next.url }))
  await expect.poll(() => build(), WITHIN).toBe('build-2')
  await page.evaluate('window.marked = true')
  await expect.poll(() => state(), WITHIN).toBe('live')
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(await sameDocument()).toBe(true)
})

test('behind a balancer with two builds, a page does not reload for ever', async () => {
  const other = await startBoardServer({ build: 'build-2' })
  open.push({ close: () => other.stop() })
  let turn = 0
  proxy.decide(() => {
    turn += 1
    return { to: turn % 2 === 0 ? board.url : other.url }
  })
  let loads = 0
  page.on('load', () => {
    loads += 1
  })
  await page.goto(proxy.url)
  await new Promise((resolve) => setTimeout(resolve, 12_000))
  expect(loads).toBeLessThanOrEqual(5)
  await expect.poll(() => state(), WITHIN).toBe('live')
})
