import type { StageConfig } from '../../line/line.ts'
import type { Pipeline, Stage, Trigger } from '../model/pipeline.ts'

/** How a stage stands: all of it that follows from the facts. */
export type DerivedStage = Pick<Stage, 'status' | 'reason' | 'since' | 'evidence'>

/** A stage, and what it is derived from; `before` are the stages before it, as they stand now. */
export type StageContext = {
  readonly pipeline: Pipeline
  readonly stage: Stage
  readonly rule: StageConfig
  readonly trigger: Trigger | null
  readonly before: readonly Stage[]
}

/** As a stage stands of which nothing is known. */
export const UNTOUCHED: DerivedStage = { status: 'idle', reason: null, since: null, evidence: null }

/** A stage of which nothing is known. */
export function blankStage(name: Stage['name']): Stage {
  return { name, ...UNTOUCHED, attempts: [] }
}
