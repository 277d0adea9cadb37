import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type BoardFixture, boardFixture, busyBoard, issueTakenUp, workflowRan } from '../web/support/board-fixtures.ts'
import { type BoardServer, startBoardServer } from './support/board-server.ts'
import { openBrowser, openPage } from './support/open-browser.ts'

const AGE_STYLE = "getComputedStyle(document.querySelector('#pipeline-3 .age time')).fontStyle"
const WITHIN = { timeout: 40_000, interval: 100 }

let browser: Browser
let factory: BoardServer
let page: Page
let complaints: string[]

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  factory = await startBoardServer()
  ;({ page, complaints } = await openPage(browser))
})
afterEach(async () => {
  await page.context().close()
  await factory.stop()
})

const pill = () => page.locator('#connection-status').innerText()
const state = () => page.locator('html').getAttribute('data-live')
const light = (id: number) => page.locator(`#pipeline-${id} .light .word`).innerText()

/** Opens the board and marks the document: a reload removes the mark. */
async function look(path = '/'): Promise<void> {
  await page.goto(factory.url + path)
  await page.evaluate('window.marked = true')
  await expect.poll(pill, WITHIN).toBe('● live')
}

const sameDocument = () => page.evaluate<boolean>('window.marked === true')

/** The board after #14, which was waiting for its plan, got it and #12 was finished. */
function later(): readonly BoardFixture[] {
  const planned = boardFixture({
    id: 4,
    repository: 'acme/api',
    issue: 14,
    events: [
      issueTakenUp({ issue: 14, title: 'Drop the old column', at: 3 }),
      workflowRan(14, 'plan.yml', { id: 900, from: 1 }),
    ],
  })
  return busyBoard().flatMap((row) => (row.shown.id === 4 ? [planned] : row.shown.id === 3 ? [] : [row]))
}

/** The issue of `busyBoard` whose code runs, a little later. */
const codeFailed = boardFixture({
  id: 3,
  repository: 'acme/api',
  issue: 12,
  events: [
    issueTakenUp({ issue: 12, title: 'Page the audit log', at: 40 }),
    workflowRan(12, 'plan.yml', { id: 120, from: 38, to: 30, conclusion: 'success' }),
    workflowRan(12, 'code.yml', { id: 121, from: 12 }),
    workflowRan(12, 'code.yml', { id: 121, from: 12, to: 1, conclusion: 'failure' }),
  ],
})

test('a light changes without a reload, rows come and go, and the focused row keeps the focus', async () => {
  await look()
  expect(await light(4)).toBe('queued')
  await page.locator('#pipeline-4 .title a').focus()
  factory.show({ rows: later() })
  await expect.poll(() => light(4), WITHIN).toBe('running')
  expect(await page.evaluate("document.activeElement.closest('tr').id")).toBe('pipeline-4')
  expect(await page.locator('#pipeline-3').count()).toBe(0)
  expect(await page.locator('#counts').innerText()).toMatch(/6\s+running/)
  expect(await page.locator('tr.pipeline-row').count()).toBe(11)
  expect(await sameDocument()).toBe(true)
  factory.show({ rows: busyBoard() })
  await expect.poll(() => page.locator('#pipeline-3').count(), WITHIN).toBe(1)
  expect(await page.locator('tr.pipeline-row').evaluateAll((rows) => rows.map(({ id }) => id))).toEqual(
    await freshOrder(),
  )
  expect(complaints).toEqual([])
})

test('nothing moves under the pointer: what comes and goes waits until it leaves', async () => {
  await look()
  const order = () => page.locator('tr.pipeline-row').evaluateAll((rows) => rows.map(({ id }) => id))
  const before = await order()
  await page.locator('#pipeline-12').hover()
  factory.show({ rows: later() })
  await expect.poll(() => page.locator('#changed').innerText(), WITHIN).toBe('2 more changed')
  expect(await page.locator('#counts').innerText()).toMatch(/6\s+running/)
  expect(await order()).toEqual(before)
  expect(await page.locator('#pipeline-3').getAttribute('class')).toContain('leaving')
  await page.mouse.move(5, 5)
  await expect.poll(order, WITHIN).toEqual(await freshOrder())
  expect(await page.locator('#changed').isVisible()).toBe(false)
  factory.show({ rows: busyBoard() })
  await expect.poll(order, WITHIN).toEqual(before)
  expect(complaints).toEqual([])
})

test('a slash leads to the search, and a choice is shown at once', async () => {
  await look()
  await page.keyboard.press('/')
  await page.keyboard.type('upload')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url(), WITHIN).toContain('q=upload')
  expect(await page.locator('#found').innerText()).toContain('“upload”')
  await page.locator('select[name="sort"]').selectOption('newest')
  await expect.poll(() => page.url(), WITHIN).toContain('sort=newest')
  await expect.poll(pill, WITHIN).toBe('● live')
  expect(await page.locator('input[name="q"]').inputValue()).toBe('upload')
  expect(complaints).toEqual([])
})

test('the page of an issue updates by itself', async () => {
  await look('/acme/api/issues/14')
  factory.show({ rows: later() })
  await expect.poll(() => page.locator('#stage-0 .word').innerText(), WITHIN).toBe('running')
  await expect.poll(() => page.locator('#history').innerText(), WITHIN).toContain('plan')
  expect(await page.locator('#summary .light .word').innerText()).toBe('running')
  expect(await sameDocument()).toBe(true)
})

test('what is unfolded on the page of an issue stays so, the focus stays where it is, and nothing scrolls away', async () => {
  await look('/acme/api/issues/12')
  await page.setViewportSize({ width: 1440, height: 400 })
  const proof = page.locator('#history .moment details').last()
  await page.locator('#try-0-1-steps > summary').click()
  await proof.locator('summary').focus()
  await page.keyboard.press('Enter')
  await proof.scrollIntoViewIfNeeded()
  const place = await page.evaluate('scrollY')
  expect(place).toBeGreaterThan(0)
  factory.show({ rows: [codeFailed] })
  await expect.poll(() => page.locator('#stage-1 .word').innerText(), WITHIN).toBe('failed')
  expect(await proof.evaluate((details) => details.hasAttribute('open'))).toBe(true)
  expect(await page.locator('#try-0-1-steps').evaluate((details) => details.hasAttribute('open'))).toBe(true)
  expect(await proof.locator('summary').evaluate((summary) => summary.matches(':focus'))).toBe(true)
  expect(Math.abs(Number(await page.evaluate('scrollY')) - Number(place))).toBeLessThan(200)
  expect(await sameDocument()).toBe(true)
  expect(complaints).toEqual([])
})

test('the page is stale since the last message of a killed server, and becomes live by itself with the next server', async () => {
  await look()
  const { port } = new URL(factory.url)
  await factory.stop()
  await expect.poll(pill, WITHIN).toMatch(/^stale since (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC$/)
  expect(await page.locator('tr.pipeline-row').count()).toBe(12)
  expect(await page.evaluate(AGE_STYLE)).toBe('italic')
  factory = await startBoardServer({ port: Number(port) })
  factory.show({ rows: later() })
  await expect.poll(pill, WITHIN).toBe('● live')
  await expect.poll(() => light(4), WITHIN).toBe('running')
  expect(await sameDocument()).toBe(true)
})

test('while the database is unavailable the page says that it is stale, though its stream is open, and recovers without a reload', async () => {
  await look()
  factory.show({ isUnavailable: true })
  await expect.poll(state, WITHIN).toBe('stale')
  factory.show({ rows: later(), isUnavailable: true })
  factory.show({ isUnavailable: false })
  await expect.poll(state, WITHIN).toBe('live')
  await expect.poll(() => light(4), WITHIN).toBe('running')
  expect(await sameDocument()).toBe(true)
})

/** The order in which a page that is opened now shows the rows. */
async function freshOrder(): Promise<readonly string[]> {
  const html = await (await fetch(factory.url)).text()
  return [...html.matchAll(/<tr id="(pipeline-\d+)"/g)].map(([, id]) => id ?? '')
}
