// What a repository's file says is kept with the repository; pipelines begin with it and keep what they began with.
import { parseAndonYml } from '../line/parse-andon-yml.ts'
import { type Change, putEffects } from './change.ts'
import { isEqualJson } from './facts/total-order.ts'
import type { Effect } from './model/effects.ts'
import type { Event, EventOf } from './model/events.ts'
import type { ConfigurationSource, RepositoryRow } from './model/rows.ts'
import type { Instant } from './model/time.ts'
import type { World } from './world.ts'

/** Asks GitHub for `andon.yml`: no webhook carries its content. */
export function askForConfiguration(at: Instant): Effect {
  return { type: 'ask', key: `configuration/${at}`, question: { about: 'configuration' } }
}

/** Asks what the file of a repository says after a push; its organisation's file is that of all who have none of their own. */
export function askAfterPush(world: World, { repository, at }: EventOf<'configuration.pushed'>): Change {
  const isShared = repository.fullName.endsWith('/.github')
  const others = isShared ? world.repositoriesWithoutFile(repository.installationId) : []
  return [...new Set([repository.id, ...others])].flatMap((repositoryId) =>
    putEffects({ repositoryId, issueNumber: null }, [askForConfiguration(at)]),
  )
}

/** Does the event tell what the file says? */
export function isConfigurationAnswer(event: Event): boolean {
  return fetchedConfigurationIn(event) !== null
}

/** The repository with what an event tells of its file; the same when it tells nothing. */
export function withConfiguration(row: RepositoryRow, event: Event): RepositoryRow {
  const fetched = fetchedConfigurationIn(event)
  // Answers come in any order: what was read later stands.
  if (fetched === null || (row.configurationReadAt !== null && row.configurationReadAt > event.at)) return row
  return withFetchedConfiguration(row, fetched, event.at)
}

/** The file as it was found; all null when there is none. */
type FetchedConfiguration = {
  readonly text: string | null
  readonly sha: string | null
  readonly source: ConfigurationSource | null
  readonly headSha: string | null
}

function fetchedConfigurationIn(event: Event): FetchedConfiguration | null {
  if (event.type !== 'question.answered') return null
  const { answer } = event
  if (answer.about === 'configuration') return answer
  if (answer.about !== 'issue' || answer.configuration === undefined) return null
  const { text, sha, source } = answer.configuration ?? { text: null, sha: null, source: null }
  return { text, sha, source, headSha: answer.defaultBranchSha }
}

/** With mistakes in the file the last good line stays in force, and each mistake stays with the commit that brought it. */
function withFetchedConfiguration(row: RepositoryRow, reading: FetchedConfiguration, at: Instant): RepositoryRow {
  const next = { ...row, ...parsedColumnsOf(row, reading), configurationReadAt: at }
  const isToldAnew = !isEqualJson(publishedProblemsOf(row), publishedProblemsOf(next))
  return isToldAnew ? { ...next, revision: row.revision + 1 } : next
}

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

/** What people are told of the file: nothing, unless something is wrong in it. */
function publishedProblemsOf(row: RepositoryRow): unknown {
  const { configurationProblems, configurationSource, configurationHeadSha, configurationValidSha } = row
  if (configurationProblems.length === 0) return null
  return { configurationProblems, configurationSource, configurationHeadSha, configurationValidSha }
}
