// A pipeline keeps the stage table it began with. One that began before the repository's file was read takes that over,
// as long as nothing was dispatched for it.
import type { Line } from '../line/line.ts'
import { isOwn } from './attempts.ts'
import { withRun } from './bind.ts'
import type { Event } from './events.ts'
import { tell } from './history.ts'
import { newEffects } from './new-effects.ts'
import type { Pipeline, Stage } from './pipeline.ts'
import type { Reduction } from './reduce.ts'
import { settle } from './settle.ts'

/** The pipeline on the line that its repository's file says, if its own is not settled yet. */
export function withLine(pipeline: Pipeline, line: Line, event: Event): Reduction {
  const { configured, ...rest } = pipeline
  const attempts = pipeline.stages.flatMap((stage) => stage.attempts)
  if (configured !== false || attempts.some(isOwn)) return { pipeline, effects: [], entries: [] }
  const fresh = { ...rest, line, stages: line.stages.map(({ name }) => withOrdersOf(pipeline, untouched(name))) }
  const told = attempts.flatMap(({ run }) => (run === null ? [] : [run])).reduce(withRun, fresh)
  const settled = settle(told)
  return { pipeline: settled, effects: newEffects(pipeline, settled), entries: tell(pipeline, settled, event) }
}

/** What somebody ordered before the file was read stands, if the line that it says has the stage. */
function withOrdersOf({ stages }: Pipeline, stage: Stage): Stage {
  const orders = stages.find(({ name }) => name === stage.name)?.orders
  return orders === undefined ? stage : { ...stage, orders }
}

/** A stage of which nothing is known. */
export function untouched(name: Stage['name']): Stage {
  return { name, status: 'idle', reason: '', waiting: null, since: null, evidence: null, attempts: [] }
}
