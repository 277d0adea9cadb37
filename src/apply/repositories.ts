// The first event that names an installation or a repository inserts its row, so that there is something to lock.

import { affectsAllRepositories } from '../advance/presence.ts'
import type { RepositoryRow } from '../advance/rows.ts'
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import type { Transaction } from '../store/database.ts'
import {
  insertMissingInstallations,
  insertMissingRepositories,
  listLockedRepositories,
  listRepositoriesOf,
  lockRepositoryRows,
  type RepositorySelection,
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
  await insertMissingRows(
    trx,
    named.filter((each) => !knownRows.has(knownRowKeyOf(each))),
  )
  return lockRepositoryRows(trx, await touchedBy(trx, events))
}

/** For each event, a repository that it touches and somebody else has locked; null where there is none. */
export async function findLockedRepositories(
  trx: Transaction,
  events: readonly (Event | null)[],
): Promise<readonly (number | null)[]> {
  const touched: RepositorySelection[] = []
  for (const event of events) touched.push(await touchedBy(trx, event === null ? [] : [event]))
  const locked = await listLockedRepositories(trx, {
    ids: touched.flatMap(({ ids }) => ids),
    installationIds: touched.flatMap(({ installationIds }) => installationIds),
  })
  return touched.map(({ ids, installationIds }) => {
    const found = locked.find((row) => ids.includes(row.id) || installationIds.includes(row.installationId))
    return found?.id ?? null
  })
}

async function touchedBy(trx: Transaction, events: readonly Event[]): Promise<RepositorySelection> {
  const named = events.flatMap(repositoriesNamedBy)
  const installations = events.flatMap((event) => (event.type === 'installation.changed' ? [event] : []))
  const woken = events.flatMap((event) => (event.type === 'pipeline.woken' ? [event.pipelineId] : []))
  const removed = installations.flatMap((event) => event.removed.map(({ id }) => id))
  return {
    ids: [...named.map(({ id }) => id), ...removed, ...(await listRepositoriesOf(trx, woken))],
    installationIds: [
      ...installations.filter(affectsAllRepositories).map(({ installationId }) => installationId),
      ...events.flatMap(installationAnsweredBy),
    ],
  }
}

/** Notes that the rows which these events name exist; call it after the commit. */
export function addKnownRows(knownRows: KnownRows, events: readonly Event[]): void {
  for (const each of events.flatMap(repositoriesNamedBy)) knownRows.add(knownRowKeyOf(each))
}

function repositoriesNamedBy(event: Event): readonly RepositoryRef[] {
  if ('repository' in event) return [event.repository]
  if (event.type !== 'installation.changed') return []
  // Also those that leave: a delivery about them may still come.
  return [...event.added, ...event.removed.flatMap(({ ref }) => ref ?? [])]
}

/** GitHub's answer about an installation affects all its repositories. */
function installationAnsweredBy(event: Event): readonly number[] {
  if (event.type !== 'question.answered' || event.question.about !== 'installation') return []
  return [event.question.installationId]
}

function knownRowKeyOf({ id, installationId }: RepositoryRef): string {
  return `${id} ${installationId}`
}

async function insertMissingRows(trx: Transaction, named: readonly RepositoryRef[]): Promise<void> {
  const installations = new Map(named.map((row) => [row.installationId, row]))
  const repositories = new Map(named.map((row) => [row.id, row]))
  const byInstallation = [...installations.values()].sort((a, b) => a.installationId - b.installationId)
  await insertMissingInstallations(
    trx,
    byInstallation.map(({ installationId, fullName }) => {
      return { id: installationId, account: fullName.split('/')[0] ?? '' }
    }),
  )
  const byId = [...repositories.values()].sort((a, b) => a.id - b.id)
  await insertMissingRepositories(
    trx,
    byId.map(({ id, installationId, fullName, defaultBranch, ...row }) => {
      return { id, installationId, fullName, private: row.private, defaultBranch }
    }),
  )
}
