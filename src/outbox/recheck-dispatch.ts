import { maySend } from '../pipeline/admission.ts'
import { holdOver } from '../pipeline/holds/holds.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Database } from '../store/database.ts'
import { readAround } from '../store/holds.ts'
import type { Claimed } from './claim-effects.ts'

/** What a dispatch in hand looks like directly before it is sent: may it still be, and is it held by now? */
export async function lookOnce(
  { kysely }: Database,
  { effect, repository }: Claimed<'dispatch'>,
): Promise<{ readonly isWanted: boolean; readonly hold: Hold | null }> {
  const row = await kysely
    .selectFrom('pipelines')
    .select('document')
    .where('repositoryId', '=', repository.id)
    .where('issueNumber', '=', effect.issueNumber)
    .executeTakeFirst()
  if (row === undefined) return { isWanted: false, hold: null }
  const around = await readAround(kysely, repository.id)
  return { isWanted: maySend(row.document, effect.attemptKey), hold: holdOver(row.document, around, effect.stage) }
}
