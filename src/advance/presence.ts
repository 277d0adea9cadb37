// Whether Andon reaches a repository, and under what name. Names carry GitHub's `updated_at` and go by it. What carries no
// time, or shares a second with another, is asked of GitHub, and nothing is taken away before the answer: a delivery that
// comes late may say what has long been undone.

import type { Event, EventOf, RepositoryEvent, RepositoryRef } from '../pipeline/model/events.ts'
import type { Answer, InstallationFact, InstallationState, Question } from '../pipeline/model/questions.ts'
import { type Instant, latest } from '../pipeline/model/time.ts'
import { type Change, putEffects } from './change.ts'
import { askForConfiguration, newRepository } from './repositories.ts'
import type { InstallationRow, RepositoryRow } from './rows.ts'
import type { World } from './world.ts'

type InstallationChanged = EventOf<'installation.changed'>

/** The row with what the event says about the repository; the same object when that is nothing new. */
export function withRepositoryRef(row: RepositoryRow, event: RepositoryEvent): RepositoryRow {
  const { repository, evidence } = event
  if (event.type === 'question.answered' && event.answer.about === 'repository')
    return withAnswer(row, event.at, event.answer)
  const defaultBranch = row.defaultBranch ?? repository.defaultBranch
  const filled = defaultBranch === row.defaultBranch ? row : { ...row, defaultBranch }
  // Only GitHub names a repository: our own events repeat what was stored when they were made.
  if (evidence.kind !== 'delivery') return filled
  const { fullName, updatedAt } = repository
  if (updatedAt !== undefined && (row.updatedAt === null || updatedAt > row.updatedAt))
    return {
      ...{ ...row, fullName, private: repository.private, updatedAt },
      defaultBranch: repository.defaultBranch ?? row.defaultBranch,
    }
  // Until GitHub has answered, what may be private is private.
  return contradicts(row, repository) && repository.private ? { ...filled, private: true } : filled
}

/** What GitHub is asked because of a delivery that may be late, or because it comes from what counts as gone. */
export function askPresence(world: World, event: RepositoryEvent, stored: RepositoryRow | null): Change {
  const { repository, evidence } = event
  const row = stored ?? newRepository(repository)
  if (event.type === 'repository.redirected') return askAboutRepository(row, event, 'there')
  if (evidence.kind !== 'delivery') return []
  if (event.type === 'repository.removed') return askAboutRepository(row, event, 'gone')
  const isMoved = row.installationId !== repository.installationId
  const installation = world.installation(row.installationId)
  const isGone = row.removedAt !== null || installation?.state === 'removed'
  if (isGone || isMoved || contradicts(row, repository)) return askAboutRepository(row, event, 'there')
  return installation?.state === 'suspended' ? askAboutInstallation(row.id, event, installation, 'active') : []
}

/** What else follows from GitHub's answer to such a question. */
export function presenceAnswered(world: World, event: RepositoryEvent, stored: RepositoryRow | null): Change {
  if (event.type !== 'question.answered') return []
  const { question, answer, repository, at } = event
  const slotsFreed = { put: 'slots-freed', repositoryId: repository.id } as const
  if (answer.about === 'repository') {
    const isBack = answer.description?.archived === false && stored !== null && stored.removedAt !== null
    return [
      slotsFreed,
      ...(isBack ? askForConfiguration(repository.id, at) : []),
      // Whatever was refused there may work now.
      ...(answer.description?.archived === false
        ? accessLiftedIn(repository.id, answer.installation?.id ?? repository.installationId)
        : []),
      ...(answer.installation === null ? [] : learnInstallation(world, event, answer.installation)),
    ]
  }
  if (answer.about !== 'installation' || question.about !== 'installation') return []
  const { installationId } = question
  const known = world.installation(installationId)
  const reached = world.repositoriesOf(installationId)
  // A removed installation stays so, and a later answer stands.
  if (known?.state === 'removed' || (known?.readAt ?? '') > at) return [slotsFreed]
  const account = answer.account ?? known?.account ?? ownerOf(repository)
  return [
    {
      put: 'installation',
      row: { ...(known ?? { settingsUrl: null }), id: installationId, account, state: answer.state, readAt: at },
    },
    ...(answer.state === 'active' ? accessLifted(installationId, []) : []),
    ...(answer.state === 'removed' ? takeOff(reached, event) : []),
    // GitHub delivers nothing while an installation is suspended.
    ...(answer.state === 'active' && (known?.state === 'suspended' || question.says === 'suspended')
      ? reached.flatMap((row) => askAboutRepository(row, event, row.removedAt === null ? 'there' : 'gone'))
      : []),
    ...reached.map(({ id }) => ({ put: 'slots-freed', repositoryId: id }) as const),
  ]
}

/** What happened to an installation, and to the repositories that it reaches. */
export function advanceInstallation(world: World, event: InstallationChanged): Change {
  const { installationId, account, added, removed, at } = event
  const known = world.installation(installationId)
  const reached = affectsAllRepositories(event) ? world.repositoriesOf(installationId) : []
  const rowOf = (ref: RepositoryRef) => world.repository(ref.id) ?? newRepository(ref)
  const joined = added.map((ref) => ({ ref, row: rowOf(ref) }))
  const left = removed.flatMap(({ id, ref }) => world.repository(id) ?? (ref === null ? [] : newRepository(ref)))
  const state = stateAfter(known, event)
  const row = {
    ...{ id: installationId, account: known?.account ?? account, state, readAt: known?.readAt ?? null },
    settingsUrl: event.settingsUrl ?? known?.settingsUrl ?? null,
  }
  const rows = [...reached, ...joined.map(({ row }) => row), ...left]
  const [witness] = rows.sort((a, b) => a.id - b.id)
  const isDisputed = state !== 'removed' && (row.account !== account || (known?.state ?? 'active') !== event.state)
  return [
    ...(known?.state === state && known.settingsUrl === row.settingsUrl ? [] : [{ put: 'installation', row } as const]),
    ...(event.state === 'active' ? accessLifted(installationId, event.missingPermissions ?? []) : []),
    ...joined.flatMap(({ ref, row }) => [
      ...(world.repository(ref.id) === null ? [{ put: 'repository', row } as const] : []),
      ...(isFirstSeen(row, ref) ? [] : askAboutRepository(row, event, 'there')),
      // The file may name a label of its own, and no webhook says so before the label is used.
      ...askForConfiguration(row.id, at),
    ]),
    ...(state === 'removed'
      ? takeOff([...reached, ...left.filter((row) => row.installationId === installationId)], event)
      : left.flatMap((row) => [
          ...(world.repository(row.id) === null ? [{ put: 'repository', row } as const] : []),
          ...askAboutRepository(row, event, 'gone'),
        ])),
    // Any repository of it can carry the question.
    ...(isDisputed && witness !== undefined ? askAboutInstallation(witness.id, event, row, event.state) : []),
    ...reached.map(({ id }) => ({ put: 'slots-freed', repositoryId: id }) as const),
  ]
}

/** A repository that was unarchived, or a conversation that was unlocked, may be written to again. */
export function accessLiftedBy(event: RepositoryEvent): Change {
  const isUnlocked = event.type === 'issue.changed' && event.action === 'unlocked'
  if (!isUnlocked && event.type !== 'repository.changed') return []
  const { id, installationId } = event.repository
  return accessLiftedIn(id, installationId, event.type === 'issue.changed' ? event.issue.number : null)
}

/** A removed, suspended or restored installation affects all its repositories, whichever the event names. */
export function affectsAllRepositories({ state, added, removed }: InstallationChanged): boolean {
  return state === 'removed' || added.length + removed.length === 0
}

/** Unsuspended, installed again, permissions accepted, repositories added: what was refused is tried again. */
function accessLifted(installationId: number, missingPermissions: readonly string[]): Change {
  return [{ put: 'access-lifted', installationId, repositoryId: null, issueNumber: null, missingPermissions }]
}

function accessLiftedIn(repositoryId: number, installationId: number, issueNumber: number | null = null): Change {
  return [{ put: 'access-lifted', installationId, repositoryId, issueNumber, missingPermissions: [] }]
}

/** The row with GitHub's answer; an answer that was read earlier than another changes nothing. */
function withAnswer(row: RepositoryRow, at: string, answer: Extract<Answer, { about: 'repository' }>): RepositoryRow {
  const { installation, description } = answer
  if (row.readAt !== null && row.readAt > at) return row
  const gone = { removedAt: row.removedAt ?? at }
  if (installation === null) return { ...row, ...gone, readAt: at }
  const bound = { ...row, installationId: installation.id, readAt: at }
  // Of two descriptions within one second, the one that was read is in force.
  if (description === null || (row.updatedAt !== null && description.updatedAt < row.updatedAt)) return bound
  const { archived, defaultBranch, ...named } = description
  const presence = archived ? gone : { removedAt: null }
  return { ...bound, ...named, ...presence, defaultBranch: defaultBranch ?? row.defaultBranch }
}

/** Do they differ, and GitHub's time does not say which is newer? */
function contradicts(row: RepositoryRow, ref: RepositoryRef): boolean {
  if (ref.updatedAt !== undefined && ref.updatedAt !== row.updatedAt) return false
  const isOtherBranch = ref.defaultBranch !== null && ref.defaultBranch !== (row.defaultBranch ?? ref.defaultBranch)
  return isOtherBranch || ref.fullName !== row.fullName || ref.private !== row.private
}

/** Nothing but this delivery speaks about the repository yet, so nothing can contradict it. */
function isFirstSeen(row: RepositoryRow, ref: RepositoryRef): boolean {
  const isBlank = row.updatedAt === null && row.readAt === null && row.removedAt === null
  return isBlank && row.installationId === ref.installationId && !contradicts(row, ref)
}

function askAboutRepository(row: RepositoryRow, event: Event, says: 'there' | 'gone'): Change {
  const delivered = 'repository' in event ? (event.repository.updatedAt ?? null) : null
  const since =
    delivered === null || row.updatedAt === null ? (delivered ?? row.updatedAt) : latest(delivered, row.updatedAt)
  const question: Question = { about: 'repository', says, since }
  return ask(row.id, questionKey('repository', event, row), question)
}

function askAboutInstallation(
  repositoryId: number,
  event: Event,
  row: InstallationRow,
  says: InstallationState,
): Change {
  const question: Question = { about: 'installation', installationId: row.id, says }
  return ask(repositoryId, questionKey('installation', event, row), question)
}

/** Another when the same delivery comes once more after an answer, as it does through a second hook. */
function questionKey(about: Question['about'], { evidence }: Event, { readAt }: { readonly readAt: Instant | null }) {
  return `${about}/${evidence.id}${readAt === null ? '' : `/${readAt}`}`
}

function ask(repositoryId: number, key: string, question: Question): Change {
  return putEffects({ repositoryId, issueNumber: null }, [{ type: 'ask', key, question }])
}

/** The installation that a repository was found in: it may be new, or be in another state than it was. */
function learnInstallation(world: World, event: RepositoryEvent, { id, account, state }: InstallationFact): Change {
  const known = world.installation(id)
  if (known === null) return [{ put: 'installation', row: { id, account, state, settingsUrl: null, readAt: event.at } }]
  if (known.state === state || known.state === 'removed') return []
  return askAboutInstallation(event.repository.id, event, known, state)
}

/** A suspension counts at once, unless GitHub has been asked since; its end counts only when GitHub confirms it. */
function stateAfter(known: InstallationRow | null, { state, at }: InstallationChanged): InstallationState {
  if (known?.state === 'removed' || state === 'removed') return 'removed'
  return state === 'suspended' && (known?.readAt ?? '') < at ? state : (known?.state ?? 'active')
}

function takeOff(rows: readonly RepositoryRow[], { at }: Event): Change {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return [...byId.values()].map((row) => ({ put: 'repository', row: { ...row, removedAt: row.removedAt ?? at } }))
}

function ownerOf({ fullName }: RepositoryRef): string {
  return fullName.split('/')[0] ?? ''
}
