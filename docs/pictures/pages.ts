// A picture of every page: wide and narrow, in both themes, and on a wall.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { type EveryPage, openEveryPage, type PageToLookAt } from '../../test/browser/support/every-page.ts'
import { encodeAnimation } from './animation.ts'

type Look = { readonly name: string; readonly of: RegExp; readonly options: BrowserContextOptions }

const WIDE = { width: 1440, height: 900 }
const LOOKS: readonly Look[] = [
  { name: 'wide', of: /^(?!wall)/, options: { viewport: WIDE, colorScheme: 'light' } },
  {
    name: 'dark',
    of: /^(board|issue-(done|retried)|owner|account|health|sign-in)$/,
    options: { viewport: WIDE, colorScheme: 'dark' },
  },
  {
    name: 'narrow',
    of: /^(board|repository|issue-(retried|review)|health|setup)$/,
    options: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  },
  { name: 'full-hd', of: /^wall$/, options: { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' } },
]

/** Writes them into the folder, with a page that shows them all. */
export async function takePagePictures(browser: Browser, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const world = await openEveryPage()
  const names: string[] = []
  try {
    for (const look of LOOKS) {
      for (const page of world.pages.filter(({ name }) => look.of.test(name))) {
        const name = `${page.name}-${look.name}.png`
        writeFileSync(join(folder, name), await photograph(browser, world, page, look.options))
        names.push(name)
      }
    }
    writeFileSync(join(folder, 'README.md'), renderGallery(names))
  } finally {
    await world.close()
  }
}

async function photograph(
  browser: Browser,
  world: EveryPage,
  { url, isSignedIn }: PageToLookAt,
  look: BrowserContextOptions,
): Promise<Buffer> {
  const options = { ...look, reducedMotion: 'reduce' } as const
  const context = isSignedIn ? await world.signIn(browser, options) : await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(url)
  // A page without a stream stays `still`.
  const isLive = (await page.locator('#stream').count()) > 0
  if (isLive) await page.locator('html[data-live="live"]').waitFor({ state: 'attached' })
  const png = await page.screenshot({ fullPage: true })
  await context.close()
  return encodeAnimation([{ png, milliseconds: 0 }])
}

function renderGallery(names: readonly string[]): string {
  const pictures = names.map((name) => `## ${name.replace(/\.png$/, '').replaceAll('-', ' ')}\n\n![](${name})\n`)
  return `# Every page\n\n\`npm run pictures -- pages\` takes these, in a world whose clock is moved by hand: the page of operators says so.\n\n${pictures.join('\n')}`
}
