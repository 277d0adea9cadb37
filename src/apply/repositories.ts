// Rows of installations and repositories are made by whatever names them first; the events that speak of them settle the
// rest. A name, a visibility or a default branch is taken from the event that is newest by GitHub's clock.
import { sql } from 'kysely'
import type { Event, RepositoryRef } from '../pipeline/events.ts'
import type { Instant } from '../pipeline/pipeline.ts'
import type { Transaction } from '../store/database.ts'
import type { Ledger } from './ledger.ts'
import type { RepositoryRow } from './rows.ts'

type InstallationChanged = Extract<Event, { type: 'installation.changed' }>

/** Makes the rows that are missing and locks all that the events touch, in the order of their ids. */
export async function lockRepositories(trx: Transaction, events: readonly Event[]): Promise<readonly RepositoryRow[]> {
  const named = events.flatMap((event) => ('repository' in event ? [{ ...event.repository, at: event.at }] : []))
  await makeMissing(trx, named)
  const ids = [...named.map(({ id }) => id), ...(await repositoriesOfPipelines(trx, events))]
  if (ids.length === 0) return []
  return trx.selectFrom('repositories').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()
}

/** Takes from an event what it tells of its repository. */
export function noteRepository({ repositories }: Ledger, event: Extract<Event, { repository: RepositoryRef }>): void {
  const { repository, at } = event
  const known = repositories.get(String(repository.id))
  if (known === null) return
  const removedAt = removal(known, event)
  const isNewer = at > known.updatedAt || (at === known.updatedAt && event.type === 'repository.changed')
  const { fullName, installationId } = repository
  const told = isNewer ? { fullName, installationId, private: repository.private, updatedAt: at } : {}
  const defaultBranch = (isNewer ? repository.defaultBranch : known.defaultBranch) ?? known.defaultBranch
  const next = { ...known, ...told, defaultBranch: defaultBranch ?? repository.defaultBranch, removedAt }
  const differs = (['fullName', 'installationId', 'private', 'defaultBranch', 'removedAt'] as const).some(
    (column) => next[column] !== known[column],
  )
  if (differs) repositories.put(next)
}

/** Applies what happened to an installation and to what it reaches. */
export async function noteInstallation(ledger: Ledger, event: InstallationChanged): Promise<void> {
  const { trx } = ledger
  const { installationId, account, state, added, removed, at } = event
  await trx
    .insertInto('installations')
    .values({ id: installationId, account, state, updatedAt: at })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ account, state, updatedAt: at })
        .where(sql<boolean>`installations.updated_at <= excluded.updated_at`),
    )
    .execute()
  for (const { id, fullName, private: isPrivate } of added.toSorted((a, b) => a.id - b.id)) {
    const told = { fullName, private: isPrivate, installationId, removedAt: null, updatedAt: at }
    await trx
      .insertInto('repositories')
      .values({ id, defaultBranch: null, ...told })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(told))
      .execute()
  }
  const leaving = trx.updateTable('repositories').set({ removedAt: at }).where('installationId', '=', installationId)
  if (state === 'removed') await leaving.where('removedAt', 'is', null).execute()
  else if (removed.length > 0) await leaving.where('id', 'in', removed).where('removedAt', 'is', null).execute()
  ledger.elsewhere = true
}

async function makeMissing(
  trx: Transaction,
  named: readonly (RepositoryRef & { readonly at: Instant })[],
): Promise<void> {
  if (named.length === 0) return
  const installations = new Map(named.map((row) => [row.installationId, row]))
  const repositories = new Map(named.map((row) => [row.id, row]))
  await trx
    .insertInto('installations')
    .values(
      [...installations.values()].sort(byInstallation).map(({ installationId, fullName, at }) => {
        return { id: installationId, account: fullName.split('/')[0] ?? '', updatedAt: at }
      }),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await trx
    .insertInto('repositories')
    .values(
      [...repositories.values()].sort(byId).map(({ id, installationId, fullName, defaultBranch, at, ...row }) => {
        return { id, installationId, fullName, private: row.private, defaultBranch, removedAt: null, updatedAt: at }
      }),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function byInstallation(a: RepositoryRef, b: RepositoryRef): number {
  return a.installationId - b.installationId
}

function byId(a: RepositoryRef, b: RepositoryRef): number {
  return a.id - b.id
}

async function repositoriesOfPipelines(trx: Transaction, events: readonly Event[]): Promise<readonly number[]> {
  const ids = events.flatMap((event) => (event.type === 'woken' ? [event.pipelineId] : []))
  if (ids.length === 0) return []
  const rows = await trx.selectFrom('pipelines').select('repositoryId').where('id', 'in', ids).execute()
  return rows.map(({ repositoryId }) => repositoryId)
}

/** Gone when it was deleted; back only when it is told of anew, never by a late word about something in it. */
function removal(known: RepositoryRow, { type, at }: Event): Instant | null {
  if (type === 'repository.removed') return known.removedAt ?? at
  if (type === 'repository.changed' && known.removedAt !== null && at > known.removedAt) return null
  return known.removedAt
}
