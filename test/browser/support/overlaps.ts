import type { Page } from 'playwright-core'

/** The texts of a page that are printed over each other, as it is shown now. */
export async function overlappingTexts(page: Page): Promise<readonly string[]> {
  return await page.evaluate<string[]>(FIND_OVERLAPS)
}

// Boxes of two lines may touch where lines are close: a third of the lower one is more than that.
const FIND_OVERLAPS = `(() => {
  const shown = []
  const cut = (box, by) => ({
    left: Math.max(box.left, by.left), top: Math.max(box.top, by.top),
    right: Math.min(box.right, by.right), bottom: Math.min(box.bottom, by.bottom),
  })
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!node.data.trim() || element.closest('.visually-hidden, .skip, .board thead, script, noscript, svg, option')) continue
    if (!element.checkVisibility({ visibilityProperty: true })) continue
    const clips = []
    for (let at = element; at !== document.body; at = at.parentElement)
      if (getComputedStyle(at).overflow !== 'visible') clips.push(at.getBoundingClientRect())
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const rect of range.getClientRects()) {
      const box = clips.reduce(cut, rect)
      if (box.right - box.left > 1 && box.bottom - box.top > 1) shown.push({ node, text: node.data.trim(), box })
    }
  }
  return shown.flatMap((one, index) => shown.slice(index + 1).flatMap((other) => {
    const common = cut(one.box, other.box)
    const lower = Math.min(one.box.bottom - one.box.top, other.box.bottom - other.box.top)
    const isOver = common.right - common.left > 2 && common.bottom - common.top > lower / 3
    // One that is cut off has a second box.
    return isOver && one.node !== other.node ? [one.text + ' / ' + other.text] : []
  }))
})()`
