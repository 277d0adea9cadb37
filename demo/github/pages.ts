// Plain pages for people: what this GitHub holds about an issue, a pull request or a run.
import type { Actions } from './actions.ts'
import type { Check, Comment, World } from './world.ts'
import type { WriteLog } from './writes.ts'

export type Pages = (path: string) => Promise<string | null>

export function createPages(o: {
  world: World
  actions: Actions
  writes: WriteLog
  comments(fullName: string, number: number): Promise<readonly Comment[]>
  checks(fullName: string, sha: string): Promise<readonly Check[]>
}): Pages {
  const { world } = o

  return async (path) => {
    const [owner, name, section, id] = path.split('/').filter(Boolean)
    if (owner === undefined) return index()
    const fullName = `${owner}/${name}`
    if (!world.repositories.has(fullName)) return null
    if (section === undefined) return index(fullName)
    if (section === 'issues' && id) return issue(fullName, Number(id))
    if (section === 'pull' && id) return pull(fullName, Number(id))
    if (section === 'actions') return run(path)
    if (section === 'commit' && id) return layout(`${fullName} ${id.slice(0, 7)}`, await checkList(fullName, id))
    return null
  }

  function index(only?: string): string {
    const lists = [...world.repositories.keys()]
      .filter((fullName) => only === undefined || fullName === only)
      .map((fullName) => {
        const rows = [...world.issues]
          .filter(([key]) => key.startsWith(`${fullName}#`))
          .map(
            ([, { number, title, state }]) =>
              `<li><a href="/${fullName}/issues/${number}">#${number}</a> ${text(title)} <i>${state}</i></li>`,
          )
        return `<h2><a href="/${fullName}">${fullName}</a></h2><ul>${rows.join('')}</ul>`
      })
    const done = o.writes.all.filter((write) => write.done).length
    return layout('A GitHub on this machine', `${lists.join('')}<p>The App has written ${done} times.</p>`)
  }

  async function issue(fullName: string, number: number): Promise<string | null> {
    const found = world.issues.get(`${fullName}#${number}`)
    if (!found) return null
    const linked = [...world.pulls].filter(
      ([key, one]) =>
        key.startsWith(`${fullName}#`) &&
        new RegExp(`#${number}\\b`).test(`${one.body} ${one.head.ref.replace(/issue-/, '#')}`),
    )
    const shas = linked.length > 0 ? linked.map(([, one]) => one.head.sha) : shasOfRuns(fullName, number)
    const checks = await Promise.all([...new Set(shas)].map((sha) => checkList(fullName, sha)))
    const pulls = linked.map(
      ([, one]) => `<li><a href="/${fullName}/pull/${one.number}">#${one.number}</a> ${text(one.title)}</li>`,
    )
    return layout(
      `${found.title} · ${fullName}#${number}`,
      `<p>${found.state}, opened by ${text(found.user.login)}, ${found.labels.map((label) => `<code>${text(label.name)}</code>`).join(' ')}</p>
      <h2>Pull requests</h2><ul>${pulls.join('') || '<li>none</li>'}</ul>
      <h2>Checks</h2>${checks.join('') || '<p>none</p>'}
      <h2>Comments</h2>${await commentList(fullName, number)}`,
    )
  }

  function shasOfRuns(fullName: string, number: number): readonly string[] {
    return o.actions.runs
      .filter(
        ({ state }) =>
          state.repository === fullName &&
          new RegExp(`issue-${number}\\b|\\b${number}/`).test(`${state.branch} ${state.title}`),
      )
      .map(({ state }) => state.headSha)
  }

  async function pull(fullName: string, number: number): Promise<string | null> {
    const found = world.pulls.get(`${fullName}#${number}`)
    if (!found) return null
    const state = found.merged ? 'merged' : found.state
    return layout(
      `${found.title} · ${fullName}#${number}`,
      `<p>${state}, <code>${text(found.head.ref)}</code> at <code>${found.head.sha.slice(0, 7)}</code></p><p>${text(found.body ?? '')}</p>
      <h2>Checks</h2>${await checkList(fullName, found.head.sha)}<h2>Comments</h2>${await commentList(fullName, number)}`,
    )
  }

  function run(path: string): string | null {
    const found = o.actions.runs.find((one) => path.includes(`/runs/${one.id}`))
    if (!found) return null
    const { state } = found
    const jobs = state.jobs.map((job) => `<li>${text(job.name)}: ${job.conclusion ?? job.status}</li>`)
    return layout(
      `${state.workflow.name} #${state.number}`,
      `<p>${text(state.title)}: ${state.conclusion ?? state.status}</p><ul>${jobs.join('')}</ul>`,
    )
  }

  async function checkList(fullName: string, sha: string): Promise<string> {
    const checks = await o.checks(fullName, sha).catch(() => [])
    const rows = checks.map(
      (check) =>
        `<tr><td>${text(check.name)}</td><td>${check.conclusion ?? check.status}</td><td>${text(check.output.title ?? '')}</td><td>${
          check.details_url ? `<a href="${text(check.details_url)}">details</a>` : ''
        }</td></tr>`,
    )
    return `<table><caption>on <code>${sha.slice(0, 7)}</code></caption>${rows.join('')}</table>`
  }

  async function commentList(fullName: string, number: number): Promise<string> {
    const comments = await o.comments(fullName, number)
    const shown = comments.map(
      (comment) =>
        `<article><p><b>${text(comment.user.login)}</b> ${comment.created_at}${
          comment.updated_at === comment.created_at ? '' : `, edited ${comment.updated_at}`
        }</p><pre>${text(comment.body)}</pre></article>`,
    )
    return shown.join('') || '<p>none</p>'
  }
}

function layout(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>${text(title)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}a{color:#0969da}table{border-collapse:collapse}td{padding:.2rem .8rem .2rem 0;border-top:1px solid #d1d9e0}
caption{text-align:left;color:#59636e}article{border:1px solid #d1d9e0;border-radius:6px;padding:.2rem 1rem;margin:1rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>
<p><a href="/">A GitHub on this machine</a></p><h1>${text(title)}</h1>${body}</html>`
}

function text(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
