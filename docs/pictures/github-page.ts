// What GitHub shows of one issue, laid out as GitHub lays it out: the merge box of the pull request with our check runs,
// and one of our sticky comments. Every word in it is what Andon wrote.
import { escapeHtml, toHtml } from '../../fake-github/markdown.ts'

/** What the demo's GitHub answers at `/OWNER/REPOSITORY/issues/N.json`. */
export type ShownIssue = {
  readonly title: string
  readonly comments: readonly { readonly by: string; readonly body: string }[]
  readonly checks: readonly CheckRun[]
}

type CheckRun = {
  readonly name: string
  readonly head_sha: string
  readonly status: string
  readonly conclusion: string | null
  readonly title: string
}

/** Do both say so? The comment follows the check run, and may be some seconds behind. */
export function hasFailed(issue: ShownIssue, stage: string): boolean {
  const check = checksOfHead(issue).find(({ name }) => name === `andon / ${stage}`)
  return check?.conclusion === 'failure' && / failed\b/.test(firstLine(commentOf(issue, stage)))
}

/** The page about one stage: its comment, and all checks. */
export function renderGitHubPage(issue: ShownIssue, stage: string): string {
  const checks = checksOfHead(issue).map(checkRow).join('')
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><main>
    <section><header>In the issue: one sticky comment per stage, edited in place</header>
    <div class="by"><i>A</i><b>andon</b> <span class="bot">bot</span></div>
    <div class="body">${toHtml(commentOf(issue, stage))}</div></section>
    <section><header>On the pull request: one check run per stage</header>${checks}</section></main>`
}

function commentOf({ comments }: ShownIssue, stage: string): string {
  return comments.find(({ body }) => body.includes(`**${stage} `))?.body ?? ''
}

function firstLine(markdown: string): string {
  return markdown.split('\n').find((line) => line.startsWith('**')) ?? ''
}

/** The check runs of the pull request's head: those of the default branch carry the issue's number in their names. */
function checksOfHead({ checks }: ShownIssue): readonly CheckRun[] {
  const onPullRequest = checks.filter(({ name }) => !name.includes('#'))
  const head = onPullRequest.at(-1)?.head_sha
  return onPullRequest.filter(({ head_sha }) => head_sha === head)
}

function checkRow({ name, status, conclusion, title }: CheckRun): string {
  const { icon, color } = SIGNS[conclusion ?? status] ?? { icon: '•', color: '#9a6700' }
  return `<div class="check"><i style="background:${color}">${icon}</i><b>${escapeHtml(name)}</b><span>${escapeHtml(title)}</span></div>`
}

const SIGNS: Readonly<Record<string, { readonly icon: string; readonly color: string }>> = {
  success: { icon: '✓', color: '#1a7f37' },
  failure: { icon: '✕', color: '#cf222e' },
  action_required: { icon: '!', color: '#9a6700' },
  neutral: { icon: '–', color: '#59636e' },
  skipped: { icon: '–', color: '#59636e' },
  cancelled: { icon: '–', color: '#59636e' },
}

const STYLE = `body{margin:0;background:#fff;font:15px/1.5 system-ui,sans-serif;color:#1f2328}
main{display:flex;flex-direction:column;gap:16px;padding:16px}
section{border:1px solid #d1d9e0;border-radius:8px;overflow:hidden}
header{background:#f6f8fa;border-bottom:1px solid #d1d9e0;padding:8px 16px;color:#59636e;font-size:14px}
.by{display:flex;align-items:center;gap:8px;padding:12px 16px 0}.body{padding:0 16px 4px}
.bot{border:1px solid #d1d9e0;border-radius:999px;padding:0 7px;font-size:12px;color:#59636e}
i{display:inline-grid;place-items:center;width:20px;height:20px;border-radius:50%;background:#b7791f;color:#fff;font:700 13px system-ui}
.check{display:flex;align-items:center;gap:12px;padding:10px 16px;border-top:1px solid #d1d9e0}
header+.check{border-top:0}.check b{min-width:9rem}.check span{color:#59636e}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:5px 12px;text-align:left}
code{background:#f0f2f4;border-radius:6px;padding:2px 6px;font-size:13px}a{color:#0969da}`
