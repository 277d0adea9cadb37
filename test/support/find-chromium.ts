import { globSync } from 'node:fs'
import { delimiter } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const APPLICATIONS = ['/Applications/{Chromium,Google Chrome}.app/Contents/MacOS/*']

/** The browser of the browser tests: `ANDON_TEST_CHROMIUM`, else the one on the PATH or in the Applications folder. */
export function findChromium(): string | null {
  if (process.env.ANDON_TEST_CHROMIUM) return process.env.ANDON_TEST_CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const onPath = folders.flatMap((folder) => NAMES.flatMap((name) => globSync(`${folder}/${name}`)))
  return onPath[0] ?? globSync(APPLICATIONS)[0] ?? null
}
