// Plain pages for people: the state of an issue, a pull request or a run. The same as JSON at `….json`.
import { type IssueSnapshot, readIssueSnapshot, type SnapshotSources } from './issue-snapshot.ts'
import { escapeHtml, toHtml } from './markdown.ts'
import type { CheckRun, Comment } from './world.ts'
import type { WriteLog } from './write-log.ts'

export type Pages = (path: string) => { readonly type: string; readonly text: string } | null

export function createPages(o: SnapshotSources): Pages {
  const { world } = o

  return (path) => {
    const [, pagePath, json] = /^(.*?)(\.json)?$/.exec(path) ?? []
    const [, fullName, section, id] =
      /^\/([^/]+\/[^/]+)(?:\/(issues|pull|actions\/runs)\/(\d+).*)?$/.exec(pagePath ?? '') ?? []
    if (json !== undefined) {
      const held = fullName && id ? readIssueSnapshot(o, fullName, Number(id)) : null
      return held && { type: 'application/json', text: `${JSON.stringify(snapshotJson(held), null, 2)}\n` }
    }
    const html = page(pagePath ?? '/', fullName, section, Number(id))
    return html === null ? null : { type: 'text/html', text: html }
  }

  function page(
    pagePath: string,
    fullName: string | undefined,
    section: string | undefined,
    id: number,
  ): string | null {
    if (pagePath === '/') return index([...world.repositories.keys()])
    if (fullName === undefined || !world.repositories.has(fullName)) return null
    if (section === undefined) return index([fullName])
    if (section === 'actions/runs') return run(id)
    const held = readIssueSnapshot(o, fullName, id)
    return held && issue(fullName, held)
  }

  function index(fullNames: readonly string[]): string {
    const lists = fullNames.map((fullName) => {
      const issues = [...world.issues].filter(([key]) => key.startsWith(`${fullName}#`)).map(([, one]) => one)
      const rows = issues
        .toSorted((one, other) => other.number - one.number)
        .map(
          (one) =>
            `<tr><td><a href="/${fullName}/issues/${one.number}">#${one.number}</a></td><td>${escapeHtml(one.title)}</td><td>${one.state}</td></tr>`,
        )
      return `<h2><a href="/${fullName}">${fullName}</a></h2><table>${rows.join('')}</table>`
    })
    return layout('Issues', `${lists.join('')}<p class="quiet">The App has made ${writeCounts(o.writes)}.</p>`)
  }

  function issue(fullName: string, { issue: about, pullRequests, comments, checkRuns }: IssueSnapshot): string {
    const state = 'merged' in about && about.merged ? 'merged' : about.state
    const links = pullRequests.map(
      (one) =>
        `<li><a href="/${fullName}/pull/${one.number}">#${one.number}</a> ${escapeHtml(one.title)} (${one.merged ? 'merged' : one.state})</li>`,
    )
    return layout(
      `${about.title} #${about.number}`,
      `<p><b>${state}</b> · ${fullName} · opened by ${escapeHtml(about.user.login)}</p><p>${escapeHtml(about.body ?? '')}</p>
      ${links.length > 0 ? `<h2>Pull requests</h2><ul>${links.join('')}</ul>` : ''}
      <h2>Checks</h2>${checkRuns.length > 0 ? checkRunTable(checkRuns) : '<p class="quiet">none yet</p>'}
      <h2>Comments</h2>${comments.map(commentArticle).join('') || '<p class="quiet">none yet</p>'}`,
    )
  }

  function run(id: number): string | null {
    const found = o.actions.runs.find((one) => one.id === id)
    if (!found) return null
    const { state } = found
    const jobs = state.jobs.map((job) => {
      const steps = job.steps.map((step) => `<li>${escapeHtml(step.name)}: ${step.conclusion ?? step.status}</li>`)
      return `<h2>${escapeHtml(job.name)}: ${job.conclusion ?? job.status}</h2><ol>${steps.join('')}</ol>`
    })
    const about = `<p><b>${state.conclusion ?? state.status}</b> · ${escapeHtml(state.title)} · <code>${escapeHtml(state.branch)}</code></p>`
    return layout(`${state.workflow.file} run ${state.number}`, about + jobs.join(''))
  }
}

function writeCounts({ count }: WriteLog): string {
  const edits = count('comment-edit') + count('check-edit')
  return `${count('comment')} comments and ${count('check')} check runs, and edited them ${edits} times`
}

function snapshotJson({ issue, comments, checkRuns }: IssueSnapshot): object {
  return {
    title: issue.title,
    state: issue.state,
    comments: comments.map(({ id, user, body }) => ({ id, by: user.login, body })),
    checks: checkRuns.map(({ id, name, head_sha, status, conclusion, output }) => ({
      id,
      name,
      head_sha,
      status,
      conclusion,
      title: output.title,
    })),
  }
}

function checkRunTable(checks: readonly CheckRun[]): string {
  const rows = checks.map((check) => {
    const name = check.details_url
      ? `<a href="${escapeHtml(check.details_url)}">${escapeHtml(check.name)}</a>`
      : escapeHtml(check.name)
    return `<tr><td class="name">${name}</td><td>${check.conclusion ?? check.status}</td><td>${escapeHtml(check.output.title ?? '')}</td><td><code>${check.head_sha.slice(0, 7)}</code></td></tr>`
  })
  return `<table>${rows.join('')}</table>`
}

function commentArticle(comment: Comment): string {
  const edited = comment.updated_at === comment.created_at ? '' : `, edited ${comment.updated_at}`
  return `<article><p class="quiet"><b>${escapeHtml(comment.user.login)}</b> ${comment.created_at}${edited}</p>${toHtml(comment.body)}</article>`
}

function layout(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><p><a href="/">A GitHub on this machine</a></p><h1>${escapeHtml(title)}</h1>${body}</body></html>`
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}a{color:#0969da}.quiet{color:#59636e}
table{border-collapse:collapse}th{text-align:left}td,th{padding:.3rem 1rem .3rem 0;border-top:1px solid #d1d9e0;vertical-align:top}@media(min-width:40rem){.name{white-space:nowrap}}
article{border:1px solid #d1d9e0;border-radius:6px;padding:.2rem 1rem;margin:1rem 0}code{background:#f0f2f4;padding:.1em .3em;border-radius:4px}`
