// Repositories with their own counts, by the definitions that count the board.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { IS_MISTAKEN_ALONE, isNeedingYou } from './board-columns.ts'
import { openPipelines } from './board-states.ts'
import type { Database, Transaction } from './database.ts'
import { ACTIVE_LIGHTS } from './holds.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

/** One repository with its counts; `mistaken` is its file. */
export type RepositoryCounts = {
  readonly repository: string
  readonly running: number
  readonly review: number
  readonly queued: number
  readonly failed: number
  readonly needsYou: number
  readonly mistaken: boolean
}

/** More are not listed: the search of the board finds the others. */
const MAX_LISTED = 500

/** The visible repositories of an owner, or of all owners, with those that need a person first. */
export async function listRepositoryCounts(
  kysely: Database['kysely'] | Transaction,
  place: VisiblePlace,
  owner: string | null,
  now: Instant,
): Promise<readonly RepositoryCounts[]> {
  const isOwned = owner === null ? sql`true` : sql`lower(split_part(full_name, '/', 1)) = ${owner.toLowerCase()}`
  const ofLight = (light: string) =>
    sql`coalesce(sum(alike) filter (where pipelines.light = ${light}), 0)::integer as ${sql.ref(light)}`
  const { rows } = await sql<RepositoryCounts>`
    select repositories.full_name as repository, configuration_problems <> '[]' as mistaken,
      ${sql.join(ACTIVE_LIGHTS.map(ofLight))},
      (coalesce(sum(alike) filter (where ${isNeedingYou(now)}), 0) + ${IS_MISTAKEN_ALONE}::integer)::integer as needs_you
    from repositories left join ${openPipelines(now)} as pipelines on pipelines.repository_id = repositories.id
    where ${isVisible(place)} and ${isOwned}
    group by repositories.id
    order by needs_you desc, lower(full_name) limit ${MAX_LISTED}`.execute(kysely)
  return rows
}
