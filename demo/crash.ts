// Andon is killed in the middle of its work, once. What it had begun it finds again.
import type { AndonProcess } from './andon-process.ts'
import type { FakeGitHub } from './github.ts'
import type { Shift } from './shift.ts'

const AFTER_SECONDS = 75
// Longer than a new start takes: GitHub does not deliver again by itself, and this morning is about the dispatches.
const DELIVERED_LATER_MS = 20_000

/** Waits for its moment; throws `Over` when the shift ends before. */
export async function crashOnce(o: { github: FakeGitHub; andon: AndonProcess; shift: Shift }): Promise<void> {
  const { github, andon, shift } = o
  await shift.pause(AFTER_SECONDS)
  github.deliveries.disturb({ late: { share: 1, ms: DELIVERED_LATER_MS } })
  shift.say('Andon', 'is killed without a warning')
  await andon.crash()
  github.deliveries.calm()
  shift.say('Andon', 'is back, and looks for what it had begun')
}
