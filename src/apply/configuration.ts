// What a repository's file says is kept with the repository; pipelines begin with it and keep what they began with.
import { parseLine } from '../line/parse-andon-yml.ts'
import { alike } from '../pipeline/facts/total-order.ts'
import type { Ask } from '../pipeline/model/effects.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { withoutOwnFile } from '../store/repositories.ts'
import type { FileSource, RepositoryRow } from '../store/rows.ts'
import type { Ledger } from './unit-of-work.ts'

type Answered = Extract<Event, { type: 'answered' }>
type Touched = Extract<Event, { type: 'configuration.touched' }>

/** The question what the file says, which nobody tells unasked. */
export function askConfiguration(at: Instant): Ask {
  return { type: 'ask', key: `configuration/${at}`, question: { about: 'configuration' } }
}

/** Asks what the file of a repository says after a push; its organisation's file is that of all who have none of their own. */
export async function askAfterPush(ledger: Ledger, { repository, at }: Touched): Promise<void> {
  const isShared = repository.fullName.endsWith('/.github')
  const others = isShared ? await withoutOwnFile(ledger.trx, repository.installationId) : []
  for (const repositoryId of new Set([repository.id, ...others])) {
    ledger.ask({ repositoryId, issueNumber: null }, [askConfiguration(at)])
  }
}

/** Does the event tell what the file says? */
export function isAboutFile(event: Event): event is Answered {
  return event.type === 'answered' && readingOf(event) !== null
}

/** Takes from an answer what the repository's file says at present, if it tells that. */
export function noteConfiguration({ repositories }: Ledger, event: Answered): void {
  const row = repositories.get(String(event.repository.id))
  const reading = readingOf(event)
  if (row === null || reading === null) return
  // Answers come in any order: what was read later stands.
  if (row.configurationReadAt !== null && row.configurationReadAt > event.at) return
  repositories.put(withReading(row, reading, event.at))
}

/** The file as it was found; all null when there is none. */
type Reading = {
  readonly text: string | null
  readonly sha: string | null
  readonly source: FileSource | null
  readonly headSha: string | null
}

function readingOf({ answer }: Answered): Reading | null {
  if (answer.about === 'configuration') return answer
  if (answer.about !== 'issue' || answer.configuration === undefined) return null
  const { text, sha, source } = answer.configuration ?? { text: null, sha: null, source: null }
  return { text, sha, source, headSha: answer.defaultBranchSha }
}

/** With mistakes in the file the last good line stays in force, and each mistake stays with the commit that brought it. */
function withReading(row: RepositoryRow, reading: Reading, at: Instant): RepositoryRow {
  const next = { ...row, ...understood(row, reading), configurationReadAt: at }
  const isToldAnew = !alike(toldOf(row), toldOf(next))
  return isToldAnew ? { ...next, revision: row.revision + 1 } : next
}

function understood(row: RepositoryRow, { text, sha, source, headSha }: Reading): Partial<RepositoryRow> {
  const isSame = sha !== null && sha === row.configurationSha && source === row.configurationSource
  const since = isSame ? row.configurationHeadSha : headSha
  const read = { configurationSource: source, configurationSha: sha, configurationHeadSha: since }
  const parsed = text === null ? { line: null } : parseLine(text)
  if ('mistakes' in parsed) return { ...read, configurationMistakes: parsed.mistakes }
  const good = { configuration: parsed.line, configurationGoodSha: parsed.line && since }
  return { ...read, ...good, configurationMistakes: [] }
}

/** What people are told of the file: nothing, unless something is wrong in it. */
function toldOf(row: RepositoryRow): unknown {
  const { configurationMistakes, configurationSource, configurationHeadSha, configurationGoodSha } = row
  if (configurationMistakes.length === 0) return null
  return { configurationMistakes, configurationSource, configurationHeadSha, configurationGoodSha }
}
