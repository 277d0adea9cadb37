// The rows of installations and repositories. What a repository's file says is kept with the repository; pipelines begin
// with it and keep what they began with.

import { mayUseCommand } from '../commands/commands.ts'
import { parseAndonYml } from '../line/parse-andon-yml.ts'
import type { AuthorizedCommands } from '../pipeline/commands/authorized-commands.ts'
import { outerHoldsAfter } from '../pipeline/commands/hold-or-release.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { Answer, Effect } from '../pipeline/model/effects.ts'
import type { Event, EventOf, RepositoryEvent, RepositoryRef } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { withReleasedBreakers } from './breakers.ts'
import { type Change, putEffects } from './change.ts'
import type { RepositoryRow } from './rows.ts'
import type { World } from './world.ts'

type InstallationChanged = EventOf<'installation.changed'>

/** The row of a repository that an event names for the first time. */
export function newRepository({ id, installationId, fullName, defaultBranch, ...ref }: RepositoryRef, at: Instant) {
  return {
    ...{ id, installationId, fullName, private: ref.private, defaultBranch, removedAt: null, updatedAt: at },
    ...{ configuration: null, configurationSource: null, configurationSha: null, configurationProblems: [] },
    ...{ configurationHeadSha: null, configurationValidSha: null, configurationReadAt: null },
    ...{ holdOrRelease: null, holdFanOutCursor: null, breakers: {}, workflowHolds: [], admitAt: null, revision: 0 },
  } as const satisfies RepositoryRow
}

/** The row with what the event says about the repository; the same object when that is nothing new. */
export function withRepositoryRef(row: RepositoryRow, event: RepositoryEvent): RepositoryRow {
  const { repository, at } = event
  // Only GitHub names a repository: our own events repeat what was stored when they were made.
  const isFromGitHub = event.evidence.kind === 'delivery'
  const isNewer = isFromGitHub && (at > row.updatedAt || (at === row.updatedAt && event.type === 'repository.changed'))
  const { fullName, installationId } = repository
  const named = isNewer ? { fullName, installationId, private: repository.private, updatedAt: at } : {}
  const [first, second] = isNewer ? [repository, row] : [row, repository]
  const defaultBranch = first.defaultBranch ?? second.defaultBranch
  const next = { ...row, ...named, defaultBranch, removedAt: removedAtAfter(row, event) }
  const columns = ['fullName', 'installationId', 'private', 'defaultBranch', 'removedAt'] as const
  return columns.some((column) => next[column] !== row[column]) ? next : row
}

/** What happened to an installation, and to the repositories that it reaches. */
export function advanceInstallation(world: World, event: InstallationChanged): Change {
  const { installationId, account, state, added, removed, at } = event
  const stored = world.installation(installationId)
  const reached = affectsAllRepositories(event) ? world.repositoriesOf(installationId) : []
  const reinstalled = { installationId, removedAt: null, updatedAt: at }
  const joined = added
    .map((ref) => ({ ref, row: world.repository(ref.id) ?? newRepository(ref, at) }))
    .filter(({ row }) => !isOlderThanRow(event, row))
    .map(({ ref, row }) => ({ ...row, fullName: ref.fullName, private: ref.private, ...reinstalled }))
  const leaving = [...removed.flatMap((id) => world.repository(id) ?? []), ...(state === 'removed' ? reached : [])]
  const left = [...new Map(leaving.map((row) => [row.id, row])).values()]
    .filter((row) => row.removedAt === null && !isOlderThanRow(event, row))
    .map((row) => ({ ...row, removedAt: at, updatedAt: at }))
  const settingsUrl = event.settingsUrl ?? stored?.settingsUrl ?? null
  const installation = {
    put: 'installation',
    row: { id: installationId, account, state, settingsUrl, updatedAt: at },
  } as const
  const isOlder = stored !== null && stored.updatedAt > at
  return [
    ...(isOlder ? [] : [installation]),
    ...(isOlder || state !== 'active' ? [] : accessLifted(installationId, event.missingPermissions ?? [])),
    ...[...joined, ...left].map((row) => ({ put: 'repository', row }) as const),
    // The file may name a label of its own, and no webhook says so before the label is used.
    ...joined.flatMap(({ id }) => askForConfiguration(id, at)),
    ...reached.map(({ id }) => ({ put: 'slots-freed', repositoryId: id }) as const),
  ]
}

/** Unsuspended, installed again, permissions accepted, repositories added: what was refused is tried again. */
function accessLifted(installationId: number, missingPermissions: readonly string[]): Change {
  return [{ put: 'access-lifted', installationId, repositoryId: null, issueNumber: null, missingPermissions }]
}

/** A repository that was unarchived, or a conversation that was unlocked, may be written to again. */
export function accessLiftedBy(event: RepositoryEvent): Change {
  const isUnlocked = event.type === 'issue.changed' && event.action === 'unlocked'
  if (!isUnlocked && event.type !== 'repository.changed') return []
  const { id: repositoryId, installationId } = event.repository
  const issueNumber = event.type === 'issue.changed' ? event.issue.number : null
  return [{ put: 'access-lifted', installationId, repositoryId, issueNumber, missingPermissions: [] }]
}

/** A removed, suspended or restored installation affects all its repositories, whichever the event names. */
export function affectsAllRepositories({ state, added, removed }: InstallationChanged): boolean {
  return state === 'removed' || added.length + removed.length === 0
}

/** Asks for a repository's file after a push; a push to the organisation's file asks for all that have none of their own. */
export function askAfterPush(world: World, event: RepositoryEvent): Change {
  const { repository, at } = event
  if (!mayChangeConfiguration(world, event)) return []
  const push = event.type === 'configuration.pushed' ? { pushedSha: event.headSha } : {}
  const isShared = repository.fullName.endsWith('/.github')
  const others = isShared ? world.repositoriesWithoutFile(repository.installationId) : []
  return [...new Set([repository.id, ...others])].flatMap((id) =>
    askForConfiguration(id, at, id === repository.id ? push : {}),
  )
}

/** A push that touched the file, or another default branch, where the file may be another one. */
function mayChangeConfiguration(world: World, event: RepositoryEvent): boolean {
  if (event.type === 'configuration.pushed') return event.paths === null || event.paths.includes(CONFIGURATION_PATH)
  const known = world.repository(event.repository.id)?.defaultBranch ?? null
  return event.type === 'repository.changed' && known !== null && known !== event.repository.defaultBranch
}

const CONFIGURATION_PATH = '.github/andon.yml'

/** Does the event carry what the file says? */
export function isConfigurationAnswer(event: Event): boolean {
  return fetchedConfigurationIn(event) !== null
}

/** The row with what the event says about the file. Mistakes leave the last good line in force. */
export function withConfiguration(row: RepositoryRow, event: Event): RepositoryRow {
  const fetched = fetchedConfigurationIn(event)
  // Answers come in any order: the latest read stands.
  if (fetched === null || (row.configurationReadAt !== null && row.configurationReadAt > event.at)) return row
  const next = { ...row, ...parsedColumnsOf(row, fetched), configurationReadAt: event.at }
  const isNews = !isEqualJson(publishedProblemsOf(row), publishedProblemsOf(next))
  return isNews ? { ...next, revision: row.revision + 1 } : next
}

/** The repository once authorized commands have held or resumed it; the same row if none does. */
export function withRepositoryHold(row: RepositoryRow, authorized: AuthorizedCommands): RepositoryRow {
  if (!mayUseCommand(authorized.role, 'hold')) return row
  const released = withReleasedBreakers(row, authorized)
  const outerHolds = { ...authorized.outerHolds, repository: row.holdOrRelease }
  const { repository: holdOrRelease } = outerHoldsAfter(outerHolds, authorized)
  return holdOrRelease === row.holdOrRelease ? released : { ...released, holdOrRelease, holdFanOutCursor: 0 }
}

/** An earlier event changes nothing: deliveries come in any order. */
function isOlderThanRow({ at }: Event, row: RepositoryRow): boolean {
  return at < (row.removedAt ?? row.updatedAt)
}

/** Gone when it was deleted; back only by a newer event about the repository itself, never by a late one about its content. */
function removedAtAfter({ removedAt }: RepositoryRow, { type, at }: Event): Instant | null {
  if (type === 'repository.removed') return removedAt ?? at
  return type === 'repository.changed' && removedAt !== null && at > removedAt ? null : removedAt
}

/** Asks GitHub for `andon.yml`: no webhook carries its content. */
function askForConfiguration(repositoryId: number, at: Instant, push: { readonly pushedSha?: string } = {}): Change {
  const ask: Effect = { type: 'ask', key: `configuration/${at}`, question: { about: 'configuration', ...push } }
  return putEffects({ repositoryId, issueNumber: null }, [ask])
}

/** The file as it was found; all null when there is none. */
type FetchedConfiguration = Omit<Extract<Answer, { about: 'configuration' }>, 'about'>

function fetchedConfigurationIn(event: Event): FetchedConfiguration | null {
  if (event.type !== 'question.answered') return null
  const { answer } = event
  if (answer.about === 'configuration') return answer
  if (answer.about !== 'issue' || answer.configuration === undefined) return null
  return { ...(answer.configuration ?? { text: null, sha: null, source: null }), headSha: answer.defaultBranchSha }
}

/** Each mistake stays with the commit that brought it. */
function parsedColumnsOf(
  row: RepositoryRow,
  { text, sha, source, headSha }: FetchedConfiguration,
): Partial<RepositoryRow> {
  const isSame = sha !== null && sha === row.configurationSha && source === row.configurationSource
  const since = isSame ? row.configurationHeadSha : headSha
  const read = { configurationSource: source, configurationSha: sha, configurationHeadSha: since }
  const parsed = text === null ? { line: null } : parseAndonYml(text)
  if ('problems' in parsed) return { ...read, configurationProblems: parsed.problems }
  const good = { configuration: parsed.line, configurationValidSha: parsed.line && since }
  return { ...read, ...good, configurationProblems: [] }
}

/** What the board and the checks say about the file: nothing, unless it has mistakes. */
function publishedProblemsOf(row: RepositoryRow): unknown {
  const { configurationProblems, configurationSource, configurationHeadSha, configurationValidSha } = row
  if (configurationProblems.length === 0) return null
  return { configurationProblems, configurationSource, configurationHeadSha, configurationValidSha }
}
