// `npm run pictures`: plays the demo and takes the README's pictures of it: the board as an animated PNG, and what GitHub
// shows of one issue. Takes about three minutes, because the demo is played at its own pace.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser } from '../../test/browser/support/open-browser.ts'
import { encodeAnimation } from './animation.ts'
import { openCamera } from './camera.ts'
import { startDemo } from './demo-process.ts'
import { renderGitHubPage } from './github-page.ts'
import { playStory } from './story.ts'

const folder = join(import.meta.dirname, '..')
const demo = await startDemo()
const browser = await openBrowser()
try {
  const camera = await openCamera(browser, demo.board)
  await playStory(demo, camera)
  writeFileSync(join(folder, 'board.png'), encodeAnimation(camera.frames))
  const failed = await demo.untilStageFails('test')
  writeFileSync(join(folder, 'on-github.png'), await camera.photograph(renderGitHubPage(failed, 'test')))
} finally {
  await browser.close()
  await demo.stop()
}
