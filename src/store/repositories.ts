// Rows of installations and repositories. A lock on a repository's row serialises everything that happens in it.
import { type Insertable, sql } from 'kysely'
import type { InstallationRow, RepositoryRow } from '../advance/rows.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { allColumns } from './all-columns.ts'
import type { Database, Transaction } from './database.ts'
import type { Tables } from './tables.ts'

/** Inserts installations that are missing; existing rows stay as they are. */
export async function insertMissingInstallations(
  trx: Transaction,
  rows: readonly Insertable<Tables['installations']>[],
): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('installations')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Inserts repositories that are missing; existing rows stay as they are. */
export async function insertMissingRepositories(
  trx: Transaction,
  rows: readonly Insertable<Tables['repositories']>[],
): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('repositories')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

const REPOSITORY_COLUMNS = allColumns<RepositoryRow>({
  id: true,
  installationId: true,
  fullName: true,
  private: true,
  defaultBranch: true,
  removedAt: true,
  updatedAt: true,
  readAt: true,
  configuration: true,
  configurationSource: true,
  configurationSha: true,
  configurationProblems: true,
  configurationHeadSha: true,
  configurationValidSha: true,
  configurationReadAt: true,
  holdOrRelease: true,
  holdFanOutCursor: true,
  breakers: true,
  workflowHolds: true,
  admitAt: true,
  revision: true,
})
const INSTALLATION_COLUMNS = allColumns<InstallationRow>({
  id: true,
  account: true,
  state: true,
  settingsUrl: true,
  readAt: true,
})

/** Repositories named by id or by their installation. */
export type RepositorySelection = { readonly ids: readonly number[]; readonly installationIds: readonly number[] }

const isNamed = ({ ids, installationIds }: RepositorySelection) =>
  sql<boolean>`(id = any (${ids}::bigint[]) or installation_id = any (${installationIds}::bigint[]))`

/** Locks repositories, in the order of their ids. */
export async function lockRepositoryRows(
  trx: Transaction,
  selection: RepositorySelection,
): Promise<readonly RepositoryRow[]> {
  const { ids, installationIds } = selection
  if (ids.length + installationIds.length === 0) return []
  return trx
    .selectFrom('repositories')
    .select(REPOSITORY_COLUMNS)
    .where(isNamed(selection))
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** Those that somebody else has locked. The others are locked now. */
export async function listLockedRepositories(
  trx: Transaction,
  selection: RepositorySelection,
): Promise<readonly { readonly id: number; readonly installationId: number }[]> {
  return trx
    .with('free', (db) => db.selectFrom('repositories').select('id').where(isNamed(selection)).forUpdate().skipLocked())
    .selectFrom('repositories')
    .select(['id', 'installationId'])
    .where(isNamed(selection))
    .where('id', 'not in', (eb) => eb.selectFrom('free').select('id'))
    .execute()
}

/** The repositories of these pipelines. */
export async function listRepositoriesOf(trx: Transaction, pipelineIds: readonly number[]): Promise<readonly number[]> {
  if (pipelineIds.length === 0) return []
  const rows = await trx.selectFrom('pipelines').select('repositoryId').where('id', 'in', pipelineIds).execute()
  return rows.map(({ repositoryId }) => repositoryId)
}

/** The id of an installation's repository; null when the installation does not reach one of that name. */
export async function findInstalledRepositoryId(
  { kysely }: Database,
  installationId: number,
  fullName: string,
): Promise<number | null> {
  const row = await kysely
    .selectFrom('repositories')
    .select('id')
    .where('fullName', '=', fullName)
    .where('installationId', '=', installationId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return row?.id ?? null
}

/** The revision of what GitHub should show of a repository. */
export async function loadRepositoryRevision(trx: Transaction, id: number): Promise<number> {
  const { revision } = await trx
    .selectFrom('repositories')
    .select('revision')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return revision
}

/** The installation's repositories that are not known to have an `andon.yml` of their own. */
export async function listRepositoriesWithoutFile(
  trx: Transaction,
  installationId: number,
): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('repositories')
    .select('id')
    .where('installationId', '=', installationId)
    .where('removedAt', 'is', null)
    .where(sql<boolean>`configuration_source is distinct from 'repository'`)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

export async function saveRepository(trx: Transaction, { id, ...row }: RepositoryRow): Promise<void> {
  const configuration = row.configuration && JSON.stringify(row.configuration)
  const configurationProblems = JSON.stringify(row.configurationProblems)
  const holdOrRelease = row.holdOrRelease && JSON.stringify(row.holdOrRelease)
  const breakers = JSON.stringify(row.breakers)
  const workflowHolds = JSON.stringify(row.workflowHolds)
  await trx
    .updateTable('repositories')
    .set({ ...row, configuration, configurationProblems, holdOrRelease, breakers, workflowHolds })
    // What GitHub refused of its last mistakes must not keep back the check of new ones.
    .set({ publishAfter: sql`case when revision < ${row.revision} then '-infinity' else publish_after end` })
    .where('id', '=', id)
    .execute()
}

/** Repositories in which a breaker lets something start or end now. */
export async function listRepositoriesToWake(
  { kysely }: Database,
  now: Instant,
  limit: number,
): Promise<readonly RepositoryRef[]> {
  return await kysely
    .selectFrom('repositories')
    .select(['id', 'fullName', 'private', 'defaultBranch', 'installationId'])
    .where('admitAt', '<=', now)
    .orderBy('admitAt')
    .limit(limit)
    .execute()
}

export async function loadInstallations(trx: Transaction, ids: readonly number[]): Promise<readonly InstallationRow[]> {
  return trx.selectFrom('installations').select(INSTALLATION_COLUMNS).where('id', 'in', ids).execute()
}

/** Inserts or updates installations; what was read later stays, and so does a removal. */
export async function saveInstallations(trx: Transaction, rows: readonly InstallationRow[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('installations')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((eb) => ({
          account: eb.ref('excluded.account'),
          state: eb.ref('excluded.state'),
          settingsUrl: eb.ref('excluded.settingsUrl'),
          readAt: eb.ref('excluded.readAt'),
        }))
        .where(
          sql<boolean>`installations.state <> 'removed'
            and coalesce(installations.read_at <= excluded.read_at, installations.read_at is null)`,
        ),
    )
    .execute()
}
