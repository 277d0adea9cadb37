import { mayDispatch } from '../pipeline/admission.ts'
import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Database } from '../store/database.ts'
import { loadOuterHolds } from '../store/holds.ts'
import type { ClaimedEffect } from './claim-effects.ts'

/** What a dispatch in hand looks like directly before it is sent: may it still be, and is it held by now? */
export async function recheckDispatch(
  { kysely }: Database,
  { effect, repository }: ClaimedEffect<'dispatch'>,
): Promise<{ readonly isWanted: boolean; readonly hold: Hold | null }> {
  const row = await kysely
    .selectFrom('pipelines')
    .select('document')
    .where('repositoryId', '=', repository.id)
    .where('issueNumber', '=', effect.issueNumber)
    .executeTakeFirst()
  if (row === undefined) return { isWanted: false, hold: null }
  const outerHolds = await loadOuterHolds(kysely, repository.id)
  return {
    isWanted: mayDispatch(row.document, effect.attemptKey),
    hold: holdAffectingStage(row.document, outerHolds, effect.stage),
  }
}
