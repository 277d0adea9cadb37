import { type Hold, holdsOf, holdsOver } from '../pipeline/cord.ts'
import { readAround } from '../store/cord.ts'
import type { Database } from '../store/database.ts'
import type { Claimed } from './effects.ts'

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
  const attempts = row?.document.stages.flatMap((stage) => stage.attempts) ?? []
  const attempt = attempts.find(({ key }) => key === effect.attemptKey)
  const isWanted = row?.document.gone === null && attempt !== undefined && (attempt.ours?.over ?? null) === null
  const holds = row === undefined ? [] : holdsOf(row.document, await readAround(kysely, repository.id))
  return { isWanted, hold: holdsOver(holds, effect.stage)[0] ?? null }
}
