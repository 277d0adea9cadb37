import type { Page } from 'playwright-core'

/** What has the focus: its place among all that can have it, its name, and whether a person sees that it has it. */
export type TabStop = { readonly place: number; readonly name: string; readonly isSeen: boolean }

/** Presses a key until the focus has left the page, or is where it was; resolves to where it has been. */
export async function tabThrough(page: Page, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<readonly TabStop[]> {
  const stops: TabStop[] = []
  while (stops.length < MOST_STOPS) {
    await page.keyboard.press(key)
    const stop = await page.evaluate<TabStop | null>(FOCUSED)
    if (stop === null || stops.some(({ place }) => place === stop.place)) return stops
    stops.push(stop)
  }
  throw new Error(`the focus does not leave ${page.url()}`)
}

/** How much of the page can have the focus. */
export async function countTabStops(page: Page): Promise<number> {
  return await page.evaluate<number>(`${ALL}.length`)
}

const MOST_STOPS = 300

const ALL = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.type !== 'hidden' && !one.disabled && !one.closest('[inert]') && one.checkVisibility({ visibilityProperty: true }))`

const FOCUSED = `(() => {
  const focused = document.activeElement
  if (focused === null || focused === document.body) return null
  const { outlineStyle, outlineWidth } = getComputedStyle(focused)
  const { top, bottom, left, right } = focused.getBoundingClientRect()
  const isOnScreen = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
  const isOutlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
  const name = focused.getAttribute('aria-label') ?? (focused.innerText || focused.name)
  return { place: ${ALL}.indexOf(focused), name, isSeen: isOnScreen && isOutlined }
})()`
