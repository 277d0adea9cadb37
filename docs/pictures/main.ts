// `npm run pictures`: takes every picture in the docs. `-- pages`: only those of the pages, in half a minute. The others are of
// the demo, the board as an animated PNG and what GitHub shows of one issue, and take about three minutes, because the demo
// is played at its own pace.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser } from '../../test/browser/support/open-browser.ts'
import { encodeAnimation } from './animation.ts'
import { openCamera } from './camera.ts'
import { startDemo } from './demo-process.ts'
import { renderGitHubPage } from './github-page.ts'
import { takePagePictures } from './pages.ts'
import { playStory } from './story.ts'

const folder = join(import.meta.dirname, '..')
const browser = await openBrowser()
try {
  await takePagePictures(browser, join(import.meta.dirname, 'pages'))
  if (!process.argv.includes('pages')) await takePicturesOfDemo()
} finally {
  await browser.close()
}
// The database of the tests' worlds stays open for the next of them.
process.exit()

async function takePicturesOfDemo(): Promise<void> {
  const demo = await startDemo()
  try {
    const camera = await openCamera(browser, demo.board)
    await playStory(demo, camera)
    writeFileSync(join(folder, 'board.png'), encodeAnimation(camera.frames))
    const failed = await demo.untilStageFails('test')
    writeFileSync(join(folder, 'on-github.png'), await camera.photograph(renderGitHubPage(failed, 'test')))
  } finally {
    await demo.stop()
  }
}
