// Andon is killed in the middle of its work, once. What it had begun it finds again.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { AndonSupervisor } from './andon-supervisor.ts'
import type { DemoSession } from './session.ts'

const CRASH_AFTER_SECONDS = 75

/** Waits for its moment; throws `SessionEnded` when the session ends before. */
export async function crashOnce(o: {
  github: FakeGitHub
  andon: AndonSupervisor
  session: DemoSession
}): Promise<void> {
  const { github, andon, session } = o
  await session.pause(CRASH_AFTER_SECONDS)
  // GitHub does not deliver again by itself what met a closed door; this morning is about the dispatches, so it is late.
  await github.deliveries.pause()
  session.log('Andon', 'is killed without a warning')
  await andon.crash()
  session.log('Andon', 'is back, and goes on with what it had begun')
  github.deliveries.resume()
}
