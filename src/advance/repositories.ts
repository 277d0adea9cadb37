// The rows of repositories. What a repository's file says is kept with the repository; pipelines begin
// with it and keep what they began with.

import { mayUseCommand } from '../commands/commands.ts'
import { parseAndonYml } from '../line/parse-andon-yml.ts'
import type { AuthorizedCommands } from '../pipeline/commands/authorized-commands.ts'
import { outerHoldsAfter } from '../pipeline/commands/hold-or-release.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { Event, RepositoryEvent, RepositoryRef } from '../pipeline/model/events.ts'
import type { Answer } from '../pipeline/model/questions.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { withReleasedBreakers } from './breakers.ts'
import { type Change, putEffects } from './change.ts'
import type { RepositoryRow } from './rows.ts'
import type { World } from './world.ts'

/** The row of a repository that an event names for the first time. */
export function newRepository({ id, installationId, fullName, defaultBranch, ...ref }: RepositoryRef): RepositoryRow {
  return {
    ...{ id, installationId, fullName, private: ref.private, defaultBranch },
    ...{ removedAt: null, updatedAt: null, readAt: null },
    ...{ configuration: null, configurationSource: null, configurationSha: null, configurationProblems: [] },
    ...{ configurationHeadSha: null, configurationValidSha: null, configurationReadAt: null },
    ...{ holdOrRelease: null, holdFanOutCursor: null, breakers: {}, workflowHolds: [], admitAt: null, revision: 0 },
  }
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

/** Asks GitHub for `andon.yml`: no webhook carries its content. */
export function askForConfiguration(
  repositoryId: number,
  at: Instant,
  push: { readonly pushedSha?: string } = {},
): Change {
  const ask: Effect = { type: 'ask', key: `configuration/${at}`, question: { about: 'configuration', ...push } }
  return putEffects({ repositoryId, issueNumber: null }, [ask])
}

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
