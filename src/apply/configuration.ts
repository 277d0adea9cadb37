// What a repository's file says is kept with the repository; pipelines begin with it and keep what they began with.
import { parseAndonYml } from '../line/parse-andon-yml.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { AskEffect } from '../pipeline/model/effects.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { listRepositoriesWithoutFile } from '../store/repositories.ts'
import type { ConfigurationSource, RepositoryRow } from '../store/rows.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type ConfigurationAnswer = Extract<Event, { type: 'question.answered' }>
type ConfigurationTouchedEvent = Extract<Event, { type: 'configuration.pushed' }>

/** The question what the file says, which nobody tells unasked. */
export function askForConfiguration(at: Instant): AskEffect {
  return { type: 'ask', key: `configuration/${at}`, question: { about: 'configuration' } }
}

/** Asks what the file of a repository says after a push; its organisation's file is that of all who have none of their own. */
export async function askConfigurationAfterPush(
  ledger: UnitOfWork,
  { repository, at }: ConfigurationTouchedEvent,
): Promise<void> {
  const isShared = repository.fullName.endsWith('/.github')
  const others = isShared ? await listRepositoriesWithoutFile(ledger.trx, repository.installationId) : []
  for (const repositoryId of new Set([repository.id, ...others])) {
    ledger.putEffects({ repositoryId, issueNumber: null }, [askForConfiguration(at)])
  }
}

/** Does the event tell what the file says? */
export function isConfigurationAnswer(event: Event): event is ConfigurationAnswer {
  return event.type === 'question.answered' && fetchedConfigurationOf(event) !== null
}

/** Takes from an answer what the repository's file says at present, if it tells that. */
export function putConfiguration({ repositories }: UnitOfWork, event: ConfigurationAnswer): void {
  const row = repositories.get(String(event.repository.id))
  const reading = fetchedConfigurationOf(event)
  if (row === null || reading === null) return
  // Answers come in any order: what was read later stands.
  if (row.configurationReadAt !== null && row.configurationReadAt > event.at) return
  repositories.put(withFetchedConfiguration(row, reading, event.at))
}

/** The file as it was found; all null when there is none. */
type FetchedConfiguration = {
  readonly text: string | null
  readonly sha: string | null
  readonly source: ConfigurationSource | null
  readonly headSha: string | null
}

function fetchedConfigurationOf({ answer }: ConfigurationAnswer): FetchedConfiguration | null {
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
