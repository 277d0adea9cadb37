import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { findAttemptByKey, isOff } from '../pipeline/stages/attempts.ts'
import type { Database } from '../store/database.ts'
import { loadOuterHolds } from '../store/holds.ts'
import { loadPipeline } from '../store/pipelines.ts'
import type { ClaimedEffect } from './claim-effects.ts'

/** Reads, just before a dispatch is sent, whether its attempt is still wanted and whether it is held. */
export async function recheckDispatch(
  database: Database,
  { effect, repository }: ClaimedEffect<'dispatch'>,
): Promise<{ readonly isWanted: boolean; readonly hold: Hold | null }> {
  const pipeline = await loadPipeline(database, repository.id, effect.issueNumber)
  if (pipeline === null) return { isWanted: false, hold: null }
  const outerHolds = await loadOuterHolds(database.kysely, repository.id)
  return {
    isWanted: mayDispatch(pipeline, effect.attemptKey),
    hold: holdAffectingStage(pipeline, outerHolds, effect.stage),
  }
}

/** May the attempt still be sent? Checked last before sending: it may have been called off, or its run may have appeared. */
export function mayDispatch(pipeline: Pipeline, key: string): boolean {
  const control = findAttemptByKey(pipeline, key)?.attempt.control
  if (control === undefined || isOff(pipeline)) return false
  return control.runId === null && control.closed === null && control.cancel === null
}
