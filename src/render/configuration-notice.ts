// What is wrong in a repository's `.github/andon.yml`, in the same words on the board and on the commit that brought it.
import type { AndonYmlProblem } from '../line/parse-yaml.ts'
import { plainText } from './sanitize.ts'

/** A file with problems, and the configuration in force. Messages may quote the file, which people write. */
export type InvalidConfiguration = {
  readonly repository: string
  readonly source: 'repository' | 'organisation' | null
  /** The commit at which the text was first read. */
  readonly headSha: string | null
  /** Whether a good version is in force; without one Andon only observes. */
  readonly isConfigured: boolean
  /** The commit at which the good version was first read. */
  readonly validSha: string | null
  readonly problems: readonly AndonYmlProblem[]
}

/** What people are shown of a file with mistakes. */
export type ConfigurationNotice = {
  readonly repository: string
  readonly file: LinkedText
  /** The repository of the organisation's file, when the file is not the repository's own. */
  readonly organisationRepository: string | null
  readonly count: string
  readonly problems: readonly ProblemView[]
  /** Follows "In force: ". */
  readonly inForce: LinkedText
}

/** Our words, and the page they link to. */
export type LinkedText = { readonly text: string; readonly url: string | null }

export type ProblemView = {
  readonly location: LinkedText
  /** The field, unless the sentence already names it. */
  readonly field: string | null
  readonly segments: readonly TextSegment[]
}

/** A part of a sentence. */
export type TextSegment = { readonly text: string; readonly code: boolean }

export const CONFIGURATION_PATH = '.github/andon.yml'
const MAX_SENTENCE = 400

/** The file, its mistakes and the configuration in force, each linked to GitHub. */
export function configurationNoticeOf(configuration: InvalidConfiguration, githubUrl: string): ConfigurationNotice {
  const { repository, source, problems } = configuration
  const url = fileUrlOf(configuration, githubUrl)
  return {
    repository,
    file: { text: CONFIGURATION_PATH, url },
    organisationRepository: source === 'organisation' ? organisationRepositoryOf(repository) : null,
    count: problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`,
    problems: problems.map(({ fileLine, field, message }) => ({
      location: { text: `line ${fileLine}`, url: `${url}#L${fileLine}` },
      field: field === '' || message.includes(`\`${field}\``) ? null : plainText(field),
      segments: splitCodeSpans(plainText(message, MAX_SENTENCE)),
    })),
    inForce: configurationInForce(configuration, githubUrl),
  }
}

/** A sentence in segments: those in backticks are code. */
export function splitCodeSpans(message: string): readonly TextSegment[] {
  const parts = message.split('`')
  // A backtick without its partner is a backtick.
  if (parts.length % 2 === 0) return [{ text: message, code: false }]
  return parts.map((text, index) => ({ text, code: index % 2 === 1 })).filter(({ text }) => text !== '')
}

function configurationInForce(
  { repository, isConfigured, validSha }: InvalidConfiguration,
  githubUrl: string,
): LinkedText {
  if (!isConfigured) return { text: 'nothing yet, so Andon only observes', url: null }
  if (validSha === null) return { text: 'the last good version', url: null }
  return {
    text: `the last good version, of ${shortSha(validSha)}`,
    url: `${githubUrl}/${repository}/commit/${validSha}`,
  }
}

function fileUrlOf({ repository, source, headSha }: InvalidConfiguration, githubUrl: string): string {
  // Of an organisation's file we read the text, not its commit.
  if (source === 'organisation')
    return `${githubUrl}/${organisationRepositoryOf(repository)}/blob/HEAD/${CONFIGURATION_PATH}`
  return `${githubUrl}/${repository}/blob/${headSha ?? 'HEAD'}/${CONFIGURATION_PATH}`
}

/** The repository in which an organisation keeps the files that its repositories share. */
function organisationRepositoryOf(repository: string): string {
  return `${repository.split('/')[0]}/.github`
}

function shortSha(sha: string): string {
  return sha.replace(/[^\da-f]/g, '').slice(0, 7)
}
