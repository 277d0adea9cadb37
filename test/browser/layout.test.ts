import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyBoard, MISTAKE_NOTICE } from '../web/support/board-fixtures.ts'
import { HELD_PLACES, withHolds } from '../web/support/held-board.ts'
import { violations } from './support/axe.ts'
import { type BoardServer, startBoardServer } from './support/board-server.ts'
import { openBrowser, openPage } from './support/open-browser.ts'
import { overlappingTexts } from './support/overlaps.ts'

const PAGES = [
  '/',
  '/?wall',
  '/?sort=repository&q=a&light=failed',
  '/acme',
  '/health',
  '/acme/widgets',
  '/acme/widgets/issues/42',
  '/acme/widgets/issues/57',
  '/acme/api/issues/15',
  '/nowhere',
]
const WIDTHS = [320, 390, 768, 1024, 1920, 3840]
const WITHIN = { timeout: 20_000, interval: 100 }

let browser: Browser
let factory: BoardServer
let closed: BoardServer

beforeAll(async () => {
  ;[browser, factory, closed] = await Promise.all([
    openBrowser(),
    startBoardServer(),
    startBoardServer({ access: 'login' }),
  ])
})
afterAll(async () => {
  await Promise.all([browser.close(), factory.stop(), closed.stop()])
})

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds no violation on any page, wide or narrow', async () => {
    let checked = 0
    for (const width of [320, 1440]) {
      const { page } = await openPage(browser, { colorScheme, viewport: { width, height: 900 } })
      for (const address of [...PAGES.map((path) => factory.url + path), closed.url]) {
        await page.goto(address)
        await settled(page)
        expect(await violations(page), `${address} at ${width}`).toEqual([])
        checked += 1
      }
      await page.context().close()
    }
    console.log(`${checked} pages without a violation`)
  })

  test('axe finds no violation on an empty board, one with mistakes, a held one or a stale one', async () => {
    const own = await startBoardServer()
    const { page } = await openPage(browser, { colorScheme })
    own.show({ rows: [] })
    await page.goto(own.url)
    await settled(page)
    expect(await page.locator('#empty').innerText()).toContain('label an issue')
    expect(await page.locator('table.board').isVisible()).toBe(false)
    expect(await violations(page)).toEqual([])
    own.show({ mistaken: [MISTAKE_NOTICE] })
    for (const width of [320, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      await expect.poll(() => page.locator('#configuration-problems').innerText(), WITHIN).toContain('2 mistakes')
      expect(await violations(page), `mistakes at ${width}`).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    }
    own.show({ mistaken: [], rows: withHolds(busyBoard()), holds: HELD_PLACES })
    for (const width of [320, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      await expect.poll(() => page.locator('#holds').innerText(), WITHIN).toContain('held: acme/widgets')
      expect(await violations(page), `held at ${width}`).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    }
    await page.goto(`${factory.url}/`)
    await settled(page)
    await page.evaluate("document.documentElement.setAttribute('data-live', 'stale')")
    expect(await violations(page)).toEqual([])
    await page.context().close()
    await own.stop()
  })
})

test('nothing scrolls sideways, and no words are printed over others, from 320 to 3840 pixels', async () => {
  for (const width of WIDTHS) {
    const { page } = await openPage(browser, { viewport: { width, height: 900 } })
    for (const path of PAGES) {
      await page.goto(factory.url + path)
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        `${path} at ${width}`,
      ).toBeLessThanOrEqual(0)
      expect(await overlappingTexts(page), `${path} at ${width}`).toEqual([])
    }
    await page.context().close()
  }
})

test.each([
  ['at a zoom of 200 %', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, 16],
  ['with letters twice as large', { viewport: { width: 1280, height: 900 } }, 32],
] as const)('%s nothing scrolls sideways, and no words are printed over others', async (_, options, letters) => {
  const { page } = await openPage(browser, options)
  const debug = await page.context().newCDPSession(page)
  await debug.send('Page.setFontSizes', { fontSizes: { standard: letters } })
  for (const path of PAGES) {
    await page.goto(factory.url + path)
    await settled(page)
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).toBeLessThanOrEqual(0)
    expect(await overlappingTexts(page), path).toEqual([])
  }
  expect(await page.evaluate('parseFloat(getComputedStyle(document.documentElement).fontSize)')).toBeGreaterThan(
    letters * 0.9,
  )
  await page.context().close()
})

test('the line at the top is one line from 1200 pixels on', async () => {
  const { page } = await openPage(browser)
  for (const width of [1200, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(factory.url)
    await settled(page)
    const tops = await page.evaluate<number[]>(
      "[...document.querySelectorAll('.top > *')].map((one) => { const { top, height } = one.getBoundingClientRect(); return top + height / 2 })",
    )
    expect(Math.max(...tops) - Math.min(...tops), `at ${width}`).toBeLessThan(8)
  }
  await page.context().close()
})

test('a wall turns its pages, and begins again', async () => {
  const { page } = await openPage(browser, { viewport: { width: 1440, height: 400 } })
  await page.clock.install()
  await page.goto(`${factory.url}/?wall`)
  const places: number[] = []
  for (let turn = 0; turn < 8; turn += 1) {
    await page.clock.runFor(12_000)
    places.push(await page.evaluate<number>('scrollY'))
  }
  const again = places.indexOf(0)
  expect(again).toBeGreaterThan(1)
  expect(places.slice(0, again)).toEqual([...new Set(places.slice(0, again))].sort((a, b) => a - b))
  expect(places[again - 1]).toBe(await page.evaluate('document.documentElement.scrollHeight - innerHeight'))
  await page.context().close()
})

test('fifteen rows fit a screen of 1440 by 900, and what stands on one line there does on larger ones', async () => {
  for (const width of [1440, 1920, 3840]) {
    const { page } = await openPage(browser, { viewport: { width, height: width * 0.625 } })
    await page.goto(factory.url)
    const heights = await page
      .locator('tr.pipeline-row')
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height))
    const head = await page.locator('#active-head').evaluate((row) => row.getBoundingClientRect().height)
    const top = await page.locator('#needs-you').evaluate((body) => body.getBoundingClientRect().top)
    expect(top + 2 * head + 15 * Math.max(...heights), `at ${width}`).toBeLessThanOrEqual(width * 0.625)
    const size = await page.evaluate<number>(
      "parseFloat(getComputedStyle(document.querySelector('.count b')).fontSize)",
    )
    expect(size, `numerals at ${width}`).toBeGreaterThanOrEqual(width === 1440 ? 39 : (width / 1440) * 32)
    await page.context().close()
  }
})

test('stages keep their column from row to row', async () => {
  for (const width of [1024, 1920]) {
    const { page } = await openPage(browser, { viewport: { width, height: 900 } })
    await page.goto(factory.url)
    const columns = await page
      .locator('tr.pipeline-row .stage-lights')
      .evaluateAll((lines) =>
        lines.map((line) =>
          [...line.querySelectorAll('.status-icon')].map((lamp) => Math.round(lamp.getBoundingClientRect().left)),
        ),
      )
    expect(columns).toHaveLength(12)
    for (const row of columns) expect(row).toEqual(columns[0])
    await page.context().close()
  }
})

test('without JavaScript the board is a table with caption and headings, and times are absolute', async () => {
  const { page } = await openPage(browser, { javaScriptEnabled: false })
  await page.goto(factory.url)
  expect(await page.getByRole('table', { name: /Active tasks of all repositories/ }).count()).toBe(1)
  expect(await page.getByRole('heading', { name: 'Needs you' }).count()).toBe(1)
  expect(await page.getByRole('columnheader').count()).toBe(6)
  expect(await page.getByRole('row').filter({ hasText: 'Page the audit log' }).innerText()).toContain('21 Nov, 13:50')
  expect(await page.locator('#pipeline-5 .mark').innerText()).toContain('stalled since 21 Nov, 13:21')
  expect(await page.locator('#connection-status').innerText()).toBe('as of 14:02:31 UTC')
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  await page.context().close()
})

test('the browser counts ages from absolute times by the clock of the server', async () => {
  const { page } = await openPage(browser)
  await page.goto(factory.url)
  await expect.poll(() => page.locator('#pipeline-3 .age').innerText(), WITHIN).toBe('12 m')
  expect(await page.locator('#pipeline-1 .age').innerText()).toBe('2 h 10 m')
  expect(await page.locator('#pipeline-5 .mark time').innerText()).toBe('41 m')
  expect(await page.locator('#pipeline-3 .age time').getAttribute('datetime')).toBe('2026-11-21T13:50:31.000Z')
  expect(await page.title()).toBe('(6) Andon')
  await page.context().close()
})

test('the evidence of a row shows when the keyboard reaches it', async () => {
  const { page } = await openPage(browser)
  await page.goto(factory.url)
  const evidence = page.locator('#pipeline-3 .evidence')
  expect(await evidence.isVisible()).toBe(false)
  await page.locator('#pipeline-3 .title a').focus()
  expect(await evidence.isVisible()).toBe(true)
  expect(await evidence.innerText()).toMatch(/^webhook delivery .*UTC$/)
  await page.context().close()
})

test('of a stalled run every lamp, bar, card and word is amber, on the board and on the page of the issue', async () => {
  const { page } = await openPage(browser)
  const amber = 'rgb(163, 90, 0)'
  const coloursOf = (selector: string, property: string) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('${selector}')].map((one) => getComputedStyle(one).getPropertyValue('${property}'))`,
    )
  const expectAmber = async (selector: string, property = 'color') =>
    expect(new Set(await coloursOf(selector, property)), selector).toEqual(new Set([amber]))
  await page.goto(factory.url)
  await expectAmber('#pipeline-5 .status-icon.is-running')
  await expectAmber('#pipeline-5 .light .word')
  await page.goto(`${factory.url}/acme/api/issues/15`)
  await expectAmber('.status-icon.is-running')
  await expectAmber('.bar.is-stalled', 'stroke')
  await expectAmber('.attempt.is-running .card', 'border-left-color')
  await expectAmber('#stage-1 h3 .word')
  await expectAmber('.attempt.is-running h3 .word')
  expect(await page.locator('#summary .light .word').innerText()).toBe('stalled')
  expect(await page.locator('#stage-1 h3').innerText()).toMatch(/code\s+stalled/)
  await page.context().close()
})

test('nothing moves under reduced motion', async () => {
  const moving = async (reducedMotion: 'reduce' | 'no-preference') => {
    const { page } = await openPage(browser, { reducedMotion })
    await page.goto(factory.url)
    await settled(page)
    const count = await page.evaluate<number>('document.getAnimations().length')
    await page.context().close()
    return count
  }
  expect(await moving('no-preference')).toBeGreaterThan(0)
  expect(await moving('reduce')).toBe(0)
})

test('hostile titles run no script, and no page violates the content security policy', async () => {
  const { page, complaints } = await openPage(browser)
  for (const path of PAGES.slice(0, -1)) {
    await page.goto(factory.url + path)
    await settled(page)
  }
  expect(await page.locator('h1').innerText()).toContain('<script>alert(2)</script>')
  expect(complaints).toEqual([])
  await page.context().close()
})

/** Waits until a page with a stream is live: axe checks what a person sees after a moment. */
async function settled(page: Page): Promise<void> {
  if ((await page.locator('#stream').count()) === 0) return
  await expect.poll(() => page.locator('html').getAttribute('data-live'), WITHIN).toBe('live')
}
