// The check on the commit that brought mistakes into andon.yml. It is neutral: nobody's merge waits for it.
import type { CheckRun } from './check-run.ts'
import { FILE, type Mistaken, notice, type Piece, type Told } from './configuration-notice.ts'
import { code, inline, link, plain } from './sanitize.ts'
import { within } from './sticky-comment.ts'

const LONGEST_TITLE = 120
const LONGEST_SUMMARY = 32_000

/** Identifies the check run for ever. */
export function configurationId(repositoryId: number, sha: string): string {
  return `configuration/${repositoryId}/${sha}`
}

/** The check run that names every mistake, and what holds instead. */
export function configurationCheck(
  mistaken: Mistaken,
  o: { repositoryId: number; sha: string; pageUrl: string; githubUrl: string },
): CheckRun {
  return {
    name: 'andon / configuration',
    head_sha: o.sha,
    external_id: configurationId(o.repositoryId, o.sha),
    details_url: o.pageUrl,
    status: 'completed',
    conclusion: 'neutral',
    output: {
      title: plain(title(mistaken), LONGEST_TITLE),
      summary: within(`${summary(mistaken, o)}\n`, LONGEST_SUMMARY, o.pageUrl),
    },
  }
}

function title({ mistakes }: Mistaken): string {
  const [first, ...rest] = mistakes
  if (first === undefined) return 'nothing is wrong'
  const more = rest.length === 0 ? '' : `, and ${rest.length} more`
  return `line ${first.line}: ${first.field === '' ? 'the file cannot be read' : first.field}${more}`
}

function summary(mistaken: Mistaken, { pageUrl, githubUrl }: { pageUrl: string; githubUrl: string }): string {
  const { file, count, mistakes, inForce } = notice(mistaken, githubUrl)
  return [
    `**${code(FILE)} has ${count}.** In force: ${link(inForce.words, inForce.url)}.`,
    '',
    '| line | what is wrong |',
    '| --- | --- |',
    ...mistakes.map((told) => `| ${link(told.place.words, told.place.url)} | ${sentence(told)} |`),
    '',
    `${link('The file as it was read', file.url)} · ${link(`${inline(mistaken.repository)} on the board`, pageUrl)}`,
  ].join('\n')
}

function sentence({ field, pieces }: Told): string {
  return `${field === null ? '' : `${code(field)}: `}${pieces.map(markdown).join('')}`
}

/** A piece made inert, with the space at its edges that parts it from the next. */
function markdown({ text, code: isCode }: Piece): string {
  if (isCode) return code(text, 200)
  const inert = inline(text, 400)
  return `${/^\s/.test(text) ? ' ' : ''}${inert}${inert !== '' && /\s$/.test(text) ? ' ' : ''}`
}
