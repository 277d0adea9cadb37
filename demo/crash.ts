// Andon is killed once in the middle of its work. Afterwards it finds what it had started.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { AndonSupervisor } from './andon-supervisor.ts'
import type { DemoSession } from './session.ts'

const CRASH_AFTER_SECONDS = 75

/** Waits for the time of the crash; throws `SessionEnded` when the session ends before. */
export async function crashOnce(o: {
  github: FakeGitHub
  andon: AndonSupervisor
  session: DemoSession
}): Promise<void> {
  const { github, andon, session } = o
  await session.pause(CRASH_AFTER_SECONDS)
  // GitHub does not redeliver a failed delivery by itself; this scene is about dispatches, so the crash comes late.
  await github.deliveries.pause()
  session.log('Andon', 'is killed without a warning')
  await andon.crash()
  session.log('Andon', 'is back, and continues what it had started')
  github.deliveries.resume()
}
