// The check run on the commit that brought mistakes into andon.yml. It is neutral: no merge waits for it.
import type { CheckRun } from './check-run.ts'
import {
  CONFIGURATION_PATH,
  configurationNoticeOf,
  type InvalidConfiguration,
  type ProblemView,
  type TextSegment,
} from './configuration-notice.ts'
import { codeSpan, escapeInline, linkTo, plainText } from './sanitize.ts'
import { truncateMarkdown } from './sticky-comment.ts'

const MAX_TITLE = 120
const MAX_SUMMARY = 32_000

/** Identifies the check run permanently. */
export function configurationExternalId(repositoryId: number, sha: string): string {
  return `configuration/${repositoryId}/${sha}`
}

/** The check run that names every mistake, and the configuration in force. */
export function renderConfigurationCheckRun(
  configuration: InvalidConfiguration,
  o: { repositoryId: number; sha: string; pageUrl: string; githubUrl: string },
): CheckRun {
  return {
    name: 'andon / configuration',
    head_sha: o.sha,
    external_id: configurationExternalId(o.repositoryId, o.sha),
    details_url: o.pageUrl,
    status: 'completed',
    conclusion: 'neutral',
    output: {
      title: plainText(titleOf(configuration), MAX_TITLE),
      summary: truncateMarkdown(`${renderSummary(configuration, o)}\n`, MAX_SUMMARY, o.pageUrl),
    },
  }
}

function titleOf({ problems }: InvalidConfiguration): string {
  const [first, ...rest] = problems
  if (first === undefined) return 'nothing is wrong'
  const more = rest.length === 0 ? '' : `, and ${rest.length} more`
  return `line ${first.fileLine}: ${first.field === '' ? 'the file cannot be read' : first.field}${more}`
}

function renderSummary(
  configuration: InvalidConfiguration,
  { pageUrl, githubUrl }: { pageUrl: string; githubUrl: string },
): string {
  const { file, count, problems, inForce } = configurationNoticeOf(configuration, githubUrl)
  return [
    `**${codeSpan(CONFIGURATION_PATH)} has ${count}.** In force: ${linkTo(inForce.text, inForce.url)}.`,
    '',
    '| line | what is wrong |',
    '| --- | --- |',
    ...problems.map(
      (problem) => `| ${linkTo(problem.location.text, problem.location.url)} | ${renderSentence(problem)} |`,
    ),
    '',
    `${linkTo('The file as it was read', file.url)} · ${linkTo(`${escapeInline(configuration.repository)} on the board`, pageUrl)}`,
  ].join('\n')
}

function renderSentence({ field, segments }: ProblemView): string {
  return `${field === null ? '' : `${codeSpan(field)}: `}${segments.map(renderSegment).join('')}`
}

/** A segment made inert, with the spaces at its edges that separate it from the next. */
function renderSegment({ text, code: isCode }: TextSegment): string {
  if (isCode) return codeSpan(text, 200)
  const inert = escapeInline(text, 400)
  return `${/^\s/.test(text) ? ' ' : ''}${inert}${inert !== '' && /\s$/.test(text) ? ' ' : ''}`
}
