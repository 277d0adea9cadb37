// Andon is killed in the middle of its work, once. What it had begun it finds again.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { AndonProcess } from './andon-process.ts'
import type { Shift } from './session.ts'

const AFTER_SECONDS = 75

/** Waits for its moment; throws `Over` when the shift ends before. */
export async function crashOnce(o: { github: FakeGitHub; andon: AndonProcess; shift: Shift }): Promise<void> {
  const { github, andon, shift } = o
  await shift.pause(AFTER_SECONDS)
  // GitHub does not deliver again by itself what met a closed door; this morning is about the dispatches, so it is late.
  await github.deliveries.hold()
  shift.say('Andon', 'is killed without a warning')
  await andon.crash()
  shift.say('Andon', 'is back, and goes on with what it had begun')
  github.deliveries.release()
}
