// Rows of installations and repositories are made by whatever names them first; the events that speak of them settle the
// rest. A name, a visibility or a default branch is taken from the event that is newest by GitHub's clock.
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import {
  insertMissingInstallations,
  insertMissingRepositories,
  listRepositoriesOf,
  lockRepositoryRows,
  saveInstallations,
} from '../store/repositories.ts'
import type { RepositoryRow } from '../store/rows.ts'
import { askForConfiguration } from './configuration.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type InstallationChanged = Extract<Event, { type: 'installation.changed' }>

/** Rows that are there for certain, by repository and installation: nobody ever deletes one. */
export type KnownRows = Set<string>

/**
 * Makes the rows that are missing and locks all that the events touch, in the order of their ids; then writes what the
 * events tell of installations, which everybody does behind these locks and in one order.
 */
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
  const locked = await lockRepositoryRows(trx, {
    ids: [...named.map(({ id }) => id), ...removed, ...(await listRepositoriesOf(trx, woken))],
    installationIds: installations.filter(affectsAllRepositories).map(({ installationId }) => installationId),
  })
  await saveInstallations(trx, newestOfEach(installations))
  return locked
}

/** Once their transaction has committed, the rows that these events name are there. */
export function addKnownRows(knownRows: KnownRows, events: readonly Event[]): void {
  for (const each of events.flatMap(repositoriesNamedBy)) knownRows.add(knownRowKeyOf(each))
}

/** Takes from an event what it tells of its repository. */
export function putRepository(
  { repositories }: UnitOfWork,
  event: Extract<Event, { repository: RepositoryRef }>,
): void {
  const { repository, at } = event
  const known = repositories.get(String(repository.id))
  if (known === null) return
  // Only GitHub tells what a repository is called: our own events echo what was known when they were thought of.
  const isTold = event.evidence.kind === 'delivery'
  const isNewer = isTold && (at > known.updatedAt || (at === known.updatedAt && event.type === 'repository.changed'))
  const { fullName, installationId } = repository
  const told = isNewer ? { fullName, installationId, private: repository.private, updatedAt: at } : {}
  const defaultBranch = isNewer
    ? (repository.defaultBranch ?? known.defaultBranch)
    : (known.defaultBranch ?? repository.defaultBranch)
  const next = { ...known, ...told, defaultBranch, removedAt: removedAtAfter(known, event) }
  const differs = (['fullName', 'installationId', 'private', 'defaultBranch', 'removedAt'] as const).some(
    (column) => next[column] !== known[column],
  )
  if (differs) repositories.put(next)
}

/** Applies what happened to an installation to what it reaches. */
export function putInstallation(ledger: UnitOfWork, event: InstallationChanged): void {
  const { repositories } = ledger
  const { installationId, added, removed, at } = event
  for (const { id, fullName, private: isPrivate } of added) {
    const known = repositories.get(String(id))
    if (known === null || isOlderThanRow(event, known)) continue
    repositories.put({ ...known, fullName, private: isPrivate, installationId, removedAt: null, updatedAt: at })
    // Its file may name a label of its own, which nothing else would tell us before somebody uses it.
    ledger.putEffects({ repositoryId: id, issueNumber: null }, [askForConfiguration(at)])
  }
  const leaves = ({ id, installationId: of }: RepositoryRow) =>
    removed.includes(id) || (removesInstallation(event) && of === installationId)
  for (const known of repositories.rows()) {
    if (!leaves(known) || known.removedAt !== null || isOlderThanRow(event, known)) continue
    repositories.put({ ...known, removedAt: at, updatedAt: at })
  }
  for (const { id, installationId: of } of repositories.rows()) if (of === installationId) ledger.slotsFreed.add(id)
  ledger.hasOtherChanges = true
}

type NamedRepository = RepositoryRef & { readonly at: Instant }

function repositoriesNamedBy(event: Event): readonly NamedRepository[] {
  if ('repository' in event) return [{ ...event.repository, at: event.at }]
  return event.type === 'installation.changed' ? event.added.map((added) => ({ ...added, at: event.at })) : []
}

function knownRowKeyOf({ id, installationId }: RepositoryRef): string {
  return `${id} ${installationId}`
}

async function insertMissingRows(trx: Transaction, named: readonly NamedRepository[]): Promise<void> {
  const installations = new Map(named.map((row) => [row.installationId, row]))
  const repositories = new Map(named.map((row) => [row.id, row]))
  const byInstallation = [...installations.values()].sort((a, b) => a.installationId - b.installationId)
  await insertMissingInstallations(
    trx,
    byInstallation.map(({ installationId, fullName, at }) => {
      return { id: installationId, account: fullName.split('/')[0] ?? '', updatedAt: at }
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

/** What was told last of each, in the order of their ids. */
function newestOfEach(events: readonly InstallationChanged[]) {
  const byTime = events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const newest = new Map(byTime.map((event) => [event.installationId, event]))
  return [...newest.values()]
    .sort((a, b) => a.installationId - b.installationId)
    .map(({ installationId: id, account, state, at }) => ({ id, account, state, updatedAt: at }))
}

/** It was removed, suspended or brought back: whatever is named, everything is meant. */
function affectsAllRepositories({ state, added, removed }: InstallationChanged): boolean {
  return state === 'removed' || added.length + removed.length === 0
}

function removesInstallation(event: Event): event is InstallationChanged {
  return event.type === 'installation.changed' && event.state === 'removed'
}

/** What was told later stands: deliveries come in any order. */
function isOlderThanRow({ at }: Event, known: RepositoryRow): boolean {
  return at < (known.removedAt ?? known.updatedAt)
}

/** Gone when it was deleted; back only when it is told of anew, never by a late word about something in it. */
function removedAtAfter(known: RepositoryRow, { type, at }: Event): Instant | null {
  if (type === 'repository.removed') return known.removedAt ?? at
  if (type === 'repository.changed' && known.removedAt !== null && at > known.removedAt) return null
  return known.removedAt
}
