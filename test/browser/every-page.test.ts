// Every page, and the page of an issue in every state, in both themes and at every width: nobody is left out. The short
// form asks axe about each page at one of the widths, in turn.
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { violations } from './support/axe.ts'
import { type EveryPage, openEveryPage } from './support/every-page.ts'
import { openBrowser } from './support/open-browser.ts'

const WIDTHS = [320, 768, 1440, 3840]
const AXE_WIDTHS = [320, 1440, 3840]
const WIDTHS_PER_PAGE = repetitions(1, AXE_WIDTHS.length)

let browser: Browser
let world: EveryPage

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openEveryPage()])
}, 240_000)
afterAll(async () => {
  await browser.close()
  await world.close()
}, 60_000)

/** Opens each page once, and calls `look` with it. */
async function everywhere(
  options: BrowserContextOptions,
  look: (at: Awaited<ReturnType<typeof newPage>>, name: string, nth: number) => Promise<void>,
) {
  for (const [nth, { name, url, isSignedIn }] of world.pages.entries()) {
    const page = await newPage(isSignedIn, options)
    await page.goto(url)
    if (await page.locator('#stream').count())
      await page.locator('html[data-live="live"]').waitFor({ state: 'attached' })
    await look(page, name, nth)
    await page.context().close()
  }
}

async function newPage(isSignedIn: boolean, options: BrowserContextOptions) {
  const context = isSignedIn ? await world.signIn(browser, options) : await browser.newContext(options)
  return await context.newPage()
}

/** A page that says nothing but that it tries again loads itself again. */
function isMeant(name: string, violation: string): boolean {
  return name === 'unavailable' && violation.startsWith('meta-refresh: ')
}

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  const isAsked = (width: number, nth: number) => {
    const place = AXE_WIDTHS.indexOf(width)
    return place !== -1 && (place + nth + colorScheme.length) % AXE_WIDTHS.length < WIDTHS_PER_PAGE
  }

  test('axe finds no violation on any page from 320 pixels to 4K, folded or unfolded, and nothing scrolls sideways', async () => {
    let checked = 0
    await everywhere({ colorScheme, reducedMotion: 'reduce' }, async (page, name, nth) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        for (const details of await page.locator('details').all())
          await details.evaluate((element, open) => element.toggleAttribute('open', open), width !== 1440)
        const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
        expect(wide, `${name} at ${width}`).toBeLessThanOrEqual(0)
        if (!isAsked(width, nth)) continue
        const found = await violations(page)
        expect(
          found.filter((violation) => !isMeant(name, violation)),
          `${name} at ${width}`,
        ).toEqual([])
        checked += 1
      }
    })
    recordMeasurements('every-page', { theme: colorScheme, 'pages without a violation': checked, wrong: 0 })
  }, 240_000)
})
