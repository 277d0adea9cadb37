// The first event that names an installation or a repository inserts its row, so that there is something to lock.

import { affectsAllRepositories } from '../advance/repositories.ts'
import type { RepositoryRow } from '../advance/rows.ts'
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import {
  insertMissingInstallations,
  insertMissingRepositories,
  listRepositoriesOf,
  lockRepositoryRows,
} from '../store/repositories.ts'

/** Rows that certainly exist, by repository and installation: none is ever deleted. */
export type KnownRows = Set<string>

/** Inserts missing rows and locks every repository that the events touch, in the order of their ids. */
export async function lockRepositories(
  trx: Transaction,
  events: readonly Event[],
  knownRows: KnownRows,
): Promise<readonly RepositoryRow[]> {
  const named = events.flatMap(repositoriesNamedBy)
  const installations = events.flatMap((event) => (event.type === 'installation.changed' ? [event] : []))
  const woken = events.flatMap((event) => (event.type === 'pipeline.woken' ? [event.pipelineId] : []))
  await insertMissingRows(
    trx,
    named.filter((each) => !knownRows.has(knownRowKeyOf(each))),
  )
  const removed = installations.flatMap((event) => event.removed)
  return lockRepositoryRows(trx, {
    ids: [...named.map(({ id }) => id), ...removed, ...(await listRepositoriesOf(trx, woken))],
    installationIds: installations.filter(affectsAllRepositories).map(({ installationId }) => installationId),
  })
}

/** Notes that the rows which these events name exist; call it after the commit. */
export function addKnownRows(knownRows: KnownRows, events: readonly Event[]): void {
  for (const each of events.flatMap(repositoriesNamedBy)) knownRows.add(knownRowKeyOf(each))
}

type NamedRepository = RepositoryRef & { readonly at: Instant }

function repositoriesNamedBy(event: Event): readonly NamedRepository[] {
  if ('repository' in event) return [{ ...event.repository, at: event.at }]
  return event.type === 'installation.changed' ? event.added.map((added) => ({ ...added, at: event.at })) : []
}

function knownRowKeyOf({ id, installationId }: RepositoryRef): string {
  return `${id} ${installationId}`
}

/** Older than any event about the installation itself. */
const NEVER = '1970-01-01T00:00:00.000Z'

async function insertMissingRows(trx: Transaction, named: readonly NamedRepository[]): Promise<void> {
  const installations = new Map(named.map((row) => [row.installationId, row]))
  const repositories = new Map(named.map((row) => [row.id, row]))
  const byInstallation = [...installations.values()].sort((a, b) => a.installationId - b.installationId)
  await insertMissingInstallations(
    trx,
    byInstallation.map(({ installationId, fullName }) => {
      return { id: installationId, account: fullName.split('/')[0] ?? '', updatedAt: NEVER }
    }),
  )
  const byId = [...repositories.values()].sort((a, b) => a.id - b.id)
  await insertMissingRepositories(
    trx,
    byId.map(({ id, installationId, fullName, defaultBranch, at, ...row }) => {
      return { id, installationId, fullName, private: row.private, defaultBranch, removedAt: null, updatedAt: at }
    }),
  )
}
