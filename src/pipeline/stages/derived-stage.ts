import type { Stage } from '../model/pipeline.ts'

/** How a stage stands: all of it that follows from the facts. */
export type DerivedStage = Pick<Stage, 'status' | 'reason' | 'waiting' | 'since' | 'evidence'>
