import type { Stage } from '../model/pipeline.ts'

/** How a stage stands: all of it that follows from the facts. */
export type DerivedStage = Pick<Stage, 'status' | 'reason' | 'since' | 'evidence'>

/** As a stage stands of which nothing is known. */
export const UNTOUCHED: DerivedStage = { status: 'idle', reason: null, since: null, evidence: null }

/** A stage of which nothing is known. */
export function blankStage(name: Stage['name']): Stage {
  return { name, ...UNTOUCHED, attempts: [] }
}
