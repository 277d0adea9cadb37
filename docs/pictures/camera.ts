// The browser's side: the board is photographed as it is, and each picture gets one line that says what happens.
import type { Browser } from 'playwright-core'
import type { Frame } from './animation.ts'

export type Camera = {
  readonly frames: readonly Frame[]
  /** Photographs the board; the picture is shown for so many seconds. */
  take(caption: string, seconds: number): Promise<void>
  /** Waits until the board says that it is `live` or `stale`. */
  untilBoardIs(state: 'live' | 'stale'): Promise<void>
  /** A picture of a page of our own, as high as its content. */
  photograph(html: string): Promise<Buffer>
}

const SIZE = { width: 1200, height: 760 }
const CAPTION_HEIGHT = 56

export async function openCamera(browser: Browser, board: string): Promise<Camera> {
  const frames: Frame[] = []
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' })
  const page = await context.newPage()
  const frame = await context.newPage()
  await frame.setViewportSize({ width: SIZE.width, height: SIZE.height + CAPTION_HEIGHT })
  await page.goto(board)
  await page.bringToFront()

  return {
    frames,
    async take(caption, seconds) {
      const picture = (await page.screenshot()).toString('base64')
      await frame.setContent(framed(picture, caption))
      frames.push({ png: await frame.screenshot(), milliseconds: seconds * 1_000 })
    },
    async untilBoardIs(state) {
      await page.locator(`html[data-live="${state}"]`).waitFor({ state: 'attached', timeout: 90_000 })
    },
    async photograph(html) {
      await frame.setViewportSize({ width: 1000, height: 1200 })
      await frame.setContent(html)
      return await frame.locator('main').screenshot()
    },
  }
}

function framed(picture: string, caption: string): string {
  return `<!doctype html><style>
    body { margin: 0; background: #1f2328; font: 600 22px/${CAPTION_HEIGHT}px system-ui, sans-serif; color: #fff }
    img { display: block } p { margin: 0; padding: 0 20px }
  </style><p>${caption}</p><img src="data:image/png;base64,${picture}">`
}
