// A pipeline keeps the stage table it began with. One that began before the repository's file was read takes that over,
// as long as nothing was dispatched for it.
import type { Stage } from '../model/pipeline.ts'

/** A stage of which nothing is known. */
export function blankStage(name: Stage['name']): Stage {
  return { name, status: 'idle', reason: '', waiting: null, since: null, evidence: null, attempts: [] }
}
