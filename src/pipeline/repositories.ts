// What events tell of repositories and installations. A name, a visibility or a default branch is taken from the event
// that is newest by GitHub's clock.
import { type Change, putEffects } from './change.ts'
import { askForConfiguration } from './configuration.ts'
import type { Event, EventOf, RepositoryEvent, RepositoryRef } from './model/events.ts'
import type { RepositoryRow } from './model/rows.ts'
import type { Instant } from './model/time.ts'
import type { World } from './world.ts'

type InstallationChanged = EventOf<'installation.changed'>

/** A repository that an event names for the first time. */
export function newRepository({ id, installationId, fullName, defaultBranch, ...ref }: RepositoryRef, at: Instant) {
  return {
    ...{ id, installationId, fullName, private: ref.private, defaultBranch, removedAt: null, updatedAt: at },
    ...{ configuration: null, configurationSource: null, configurationSha: null, configurationProblems: [] },
    ...{ configurationHeadSha: null, configurationValidSha: null, configurationReadAt: null },
    ...{ holdOrRelease: null, holdFanOutCursor: null, revision: 0 },
  } as const satisfies RepositoryRow
}

/** The repository as it is once the event has told of it; the same when it tells nothing new. */
export function withRepositoryRef(known: RepositoryRow, event: RepositoryEvent): RepositoryRow {
  const { repository, at } = event
  // Only GitHub tells what a repository is called: our own events echo what was known when they were thought of.
  const isTold = event.evidence.kind === 'delivery'
  const isNewer = isTold && (at > known.updatedAt || (at === known.updatedAt && event.type === 'repository.changed'))
  const { fullName, installationId } = repository
  const told = isNewer ? { fullName, installationId, private: repository.private, updatedAt: at } : {}
  const defaultBranch = isNewer
    ? (repository.defaultBranch ?? known.defaultBranch)
    : (known.defaultBranch ?? repository.defaultBranch)
  const next = { ...known, ...told, defaultBranch, removedAt: removedAtAfter(known, event) }
  const columns = ['fullName', 'installationId', 'private', 'defaultBranch', 'removedAt'] as const
  return columns.some((column) => next[column] !== known[column]) ? next : known
}

/** What happened to an installation, and to what it reaches. */
export function advanceInstallation(world: World, event: InstallationChanged): Change {
  const { installationId, account, state, added, removed, at } = event
  const known = world.installation(installationId)
  const reached = affectsAllRepositories(event) ? world.repositoriesOf(installationId) : []
  const joined = added
    .map((ref) => ({ ref, row: world.repository(ref.id) ?? newRepository(ref, at) }))
    .filter(({ row }) => !isOlderThanRow(event, row))
    .map(({ ref, row }) => {
      const { fullName, private: isPrivate } = ref
      return { ...row, fullName, private: isPrivate, installationId, removedAt: null, updatedAt: at }
    })
  const leaving = [...removed.flatMap((id) => world.repository(id) ?? []), ...(state === 'removed' ? reached : [])]
  const left = [...new Map(leaving.map((row) => [row.id, row])).values()]
    .filter((row) => row.removedAt === null && !isOlderThanRow(event, row))
    .map((row) => ({ ...row, removedAt: at, updatedAt: at }))
  return [
    ...(known !== null && known.updatedAt > at
      ? []
      : [{ put: 'installation', row: { id: installationId, account, state, updatedAt: at } } as const]),
    ...[...joined, ...left].map((row) => ({ put: 'repository', row }) as const),
    // Its file may name a label of its own, which nothing else would tell us before somebody uses it.
    ...joined.flatMap(({ id }) => putEffects({ repositoryId: id, issueNumber: null }, [askForConfiguration(at)])),
    ...reached.map(({ id }) => ({ put: 'slots-freed', repositoryId: id }) as const),
  ]
}

/** It was removed, suspended or brought back: whatever is named, everything is meant. */
export function affectsAllRepositories({ state, added, removed }: InstallationChanged): boolean {
  return state === 'removed' || added.length + removed.length === 0
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
