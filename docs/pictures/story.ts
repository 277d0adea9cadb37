// What the moving picture tells, in the order in which the demo plays it.
import { setTimeout as pause } from 'node:timers/promises'
import type { Camera } from './camera.ts'
import type { DemoProcess } from './demo-process.ts'

export async function playStory(demo: DemoProcess, camera: Camera): Promise<void> {
  await demo.untilItSays('from now on Andon starts the stages')
  await pause(12_000)
  for (let n = 0; n < 5; n++) {
    await camera.take('Issues are labelled. Andon starts their stages, three at a time in each repository.', 1.2)
    await pause(4_000)
  }
  await demo.runCommand('hold', '--all', 'GitHub', 'Actions', 'is', 'down')
  await pause(2_000)
  for (let n = 0; n < 3; n++) {
    await camera.take('The cord is pulled: nothing new starts, and what runs goes on.', 1.6)
    await pause(4_000)
  }
  await demo.runCommand('resume', '--all')
  await pause(3_000)
  await camera.take('Released: every issue goes on from where it was.', 1.8)
  await demo.untilItSays('is killed without a warning')
  await camera.untilBoardIs('stale')
  await pause(1_000)
  await camera.take('Andon is killed. The page does not pretend: it says since when it is stale.', 3)
  await demo.untilItSays('is back')
  await camera.untilBoardIs('live')
  await pause(2_000)
  await camera.take('Andon is back. The page recovers by itself, and nothing is started twice.', 2)
  await pause(6_000)
  await camera.take('Andon is back. The page recovers by itself, and nothing is started twice.', 2)
}
