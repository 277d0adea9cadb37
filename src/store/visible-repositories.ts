// What the viewer may see of repositories. Every query about them goes through one condition.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { type InvalidConfigFile, listInvalidConfigFiles } from './invalid-config-files.ts'
import { type ListedAccessProblem, listAccessProblems } from './shown-access-problems.ts'

/** Ids of the repositories that the viewer may see. */
export type VisibleRepositories = 'all' | readonly number[]

/** The repositories of a name that the viewer may see; of any name without one. */
export type VisiblePlace = {
  readonly visible: VisibleRepositories
  /** `owner/repo`, in any case. */
  readonly repository?: string
}

/** Condition on `repositories`: an installation reaches them, the viewer may see them, and they have that name. */
export function isVisible({ visible, repository }: VisiblePlace): RawBuilder<SqlBool> {
  const [only] = visible
  // Of one repository the planner knows that its index is in order.
  const within =
    visible === 'all'
      ? sql`true`
      : visible.length === 1
        ? sql`repositories.id = ${only}`
        : sql`repositories.id = any (${visible}::bigint[])`
  const named = repository === undefined ? sql`true` : sql`lower(repositories.full_name) = ${repository.toLowerCase()}`
  return sql<SqlBool>`repositories.removed_at is null and ${within} and ${named}`
}

/** The same place, with the ids of the repositories of its name. */
export async function resolvePlace(trx: Transaction, place: VisiblePlace): Promise<Pick<VisiblePlace, 'visible'>> {
  return { visible: place.repository === undefined ? place.visible : await listRepositoryIds(trx, place) }
}

/** The ids of the repositories of the place. */
export async function listRepositoryIds(
  kysely: Database['kysely'] | Transaction,
  place: VisiblePlace,
): Promise<readonly number[]> {
  const rows = await kysely.selectFrom('repositories').select('id').where(isVisible(place)).execute()
  return rows.map(({ id }) => id)
}

/**
 * A visible repository that an installation reaches now, by its name in any case. One that is hidden and one that does not
 * exist cost the same query.
 */
export async function findRepository(
  { kysely }: Database,
  visible: VisibleRepositories,
  fullName: string,
): Promise<RepositoryRef | null> {
  const row = await kysely
    .selectFrom('repositories')
    .select(['id', 'fullName', 'private', 'defaultBranch', 'installationId'])
    .where(isVisible({ visible, repository: fullName }))
    // Names are reused: the repository updated last has it now.
    .orderBy('updatedAt', (order) => order.desc().nullsLast())
    .executeTakeFirst()
  return row ?? null
}

/** What GitHub refuses in the repository of that name, or anywhere to the App. */
export function loadRepositoryAccessProblems(
  { kysely }: Database,
  place: VisiblePlace,
  now: Instant,
): Promise<readonly ListedAccessProblem[]> {
  return listAccessProblems(kysely, isVisible(place), now)
}

/** The mistakes in the file of the repository of that name; empty when there are none. */
export function loadInvalidConfigFiles(
  { kysely }: Database,
  place: VisiblePlace,
): Promise<readonly InvalidConfigFile[]> {
  return listInvalidConfigFiles(kysely, isVisible(place))
}
