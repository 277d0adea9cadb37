import type { Database } from '../store/database.ts'
import { countSetupMistakes } from '../store/setup-mistakes.ts'

/** A sentence for each kind of mistake in repositories' files that keeps work from starting; none names a repository. */
export async function listSetupMistakes(database: Database): Promise<readonly string[]> {
  const { invalidFiles, refusedStarts } = await countSetupMistakes(database)
  return [
    ...(invalidFiles === 0 ? [] : [`${invalidFiles} andon.yml ${invalidFiles === 1 ? 'has' : 'have'} mistakes`]),
    ...(refusedStarts === 0
      ? []
      : [
          `${refusedStarts} ${refusedStarts === 1 ? 'issue waits' : 'issues wait'} for a workflow that GitHub does not start`,
        ]),
  ]
}
