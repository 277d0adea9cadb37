// How much waits for a person to mend a file in a repository: counted for `/healthz`, which names nobody.
import { sql } from 'kysely'
import type { Database } from './database.ts'

export type SetupMistakes = {
  /** Repositories whose `andon.yml` has mistakes. */
  readonly invalidFiles: number
  /** Pipelines whose workflow GitHub refuses to start. */
  readonly refusedStarts: number
}

export async function countSetupMistakes({ kysely }: Database): Promise<SetupMistakes> {
  const { rows } = await sql<SetupMistakes>`select
    (select count(*)::integer from repositories
      where configuration_problems <> '[]' and removed_at is null) as "invalidFiles",
    (select count(*)::integer from pipelines
      where light = 'failed' and document -> 'stages' @> '[{"reason": {"kind": "start-refused"}}]') as "refusedStarts"
  `.execute(kysely)
  return rows[0] ?? { invalidFiles: 0, refusedStarts: 0 }
}
