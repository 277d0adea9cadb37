import { mayDispatch } from '../pipeline/admission.ts'
import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { Hold } from '../pipeline/model/hold.ts'
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
