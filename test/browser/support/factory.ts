// A morning in two repositories, played with a clock that does not wait, so that every state of an issue can be looked at.
import { readFileSync } from 'node:fs'
import type { Run } from '../../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../../support/andon-app.ts'

const LINE = `stages:
  plan:   { workflow: plan.yml, attempts: 2, gate: approval }
  code:   { workflow: code.yml, attempts: 2 }
  test:   { workflow: test.yml, attempts: 2 }
  review: { pull_request: true }
limits: { running: 20, starts_per_day: 1000 }
`

/** The repository and the number of the issue in each state. */
export type Scene = { readonly name: string; readonly path: string }

export type Factory = { readonly app: AndonApp; readonly scenes: readonly Scene[] }

export async function openFactory(access: 'open' | 'login' = 'open'): Promise<Factory> {
  const app = await openAndonApp({ configuration: LINE, access, operators: ['ada'] })
  const { github } = app
  const [widgets = '', api = ''] = github.repositories
  for (const repository of [widgets, api]) {
    for (const file of ['plan', 'code', 'test'])
      github.writeFile(repository, `.github/workflows/${file}.yml`, readFileSync(`docs/workflows/${file}.yml`, 'utf8'))
    github.writeFile(repository, '.github/andon.yml', LINE)
  }
  /** A run that goes on beating, and does not move. */
  let stuck: Run | null = null
  async function pass(seconds: number) {
    if (stuck !== null) await app.report(stuck, { progress: 40, text: 'changing 4 files' })
    await app.advance(seconds)
  }
  const scenes: Scene[] = []

  async function runOf(repository: string, issue: number, stage: string): Promise<Run> {
    for (let waited = 0; waited < 30; waited += 1) {
      const run = github.runs.findLast(({ state }) => {
        const isOurs = state.repository === repository && state.title.startsWith(`andon ${issue}/${stage}/`)
        return isOurs && state.status !== 'completed'
      })
      if (run !== undefined) return run
      await pass(10)
    }
    throw new Error(`no run of ${stage} for ${repository}#${issue}`)
  }
  async function works(repository: string, issue: number, stage: string, seconds: number, end: 'success' | 'failure') {
    const run = await runOf(repository, issue, stage)
    await pass(10)
    run.start()
    const job = run.job('agent', ['Set up', 'Work', 'Check'])
    job.start()
    job.step()
    await pass(seconds)
    if (end === 'success') {
      job.succeed()
      run.succeed()
    } else {
      job.fail()
      run.fail()
    }
    await pass(20)
    return run
  }
  async function begins(repository: string, issue: number, stage: string, report?: object) {
    const run = await runOf(repository, issue, stage)
    run.start()
    run.job('agent', ['Set up', 'Work']).start()
    await pass(30)
    if (report) await app.report(run, report)
    return run
  }
  async function say(repository: string, issue: number, body: string, by = 'ada') {
    await github.comment(repository, issue, body, by)
    await pass(40)
  }
  async function open(name: string, repository: string, title: string): Promise<number> {
    const issue = await github.openIssue(repository, { title, labels: ['andon'] })
    scenes.push({ name, path: `/${repository}/issues/${issue}` })
    return issue
  }
  async function coded(name: string, repository: string, title: string): Promise<number> {
    const issue = await open(name, repository, title)
    await works(repository, issue, 'plan', 140, 'success')
    await say(repository, issue, '/andon approve')
    return issue
  }
  async function proposed(name: string, repository: string, title: string) {
    const issue = await coded(name, repository, title)
    await works(repository, issue, 'code', 600, 'success')
    const branch = `work-${issue}`
    await github.createBranch(repository, branch, 'claude[bot]')
    const pull = await github.openPullRequest(repository, {
      ...{ branch, title, body: `Closes #${issue}`, by: 'claude[bot]' },
    })
    await works(repository, issue, 'test', 240, 'success')
    return { issue, pull }
  }

  // Done, with a round of changes.
  const done = await proposed('done', widgets, 'Cache the token until it expires')
  await pass(1200)
  await github.review(widgets, done.pull, 'request changes', { by: 'linus' })
  await pass(30)
  await works(widgets, done.issue, 'code', 300, 'success')
  await github.push(widgets, `work-${done.issue}`, { by: 'claude[bot]' })
  await works(widgets, done.issue, 'test', 200, 'success')
  await pass(900)
  await github.review(widgets, done.pull, 'approve', { by: 'linus' })
  await pass(60)
  await github.merge(widgets, done.pull)
  await pass(60)

  const stalled = await coded('stalled', api, 'Page the audit log')
  stuck = await begins(api, stalled, 'code')

  await proposed('review', widgets, 'Sort the catalogue by stock')
  const failed = await coded('failed', widgets, 'Retry on flaky upload')
  for (let n = 0; n < 2; n += 1) await works(widgets, failed, 'code', 150, 'failure')
  const retried = await coded('retried', api, 'Give every error a code')
  for (let n = 0; n < 2; n += 1) await works(api, retried, 'code', 150, 'failure')
  await say(api, retried, '/andon retry code', 'linus')
  await works(api, retried, 'code', 90, 'failure')
  await begins(api, retried, 'code', { progress: 60, text: 'running the tests' })
  const cancelled = await coded('cancelled', widgets, 'Rename “flush” to “drain”')
  await begins(widgets, cancelled, 'code')
  await say(widgets, cancelled, '/andon cancel code', 'grace')
  await pass(60)
  const gated = await open('gate', api, 'Drop the old column')
  await works(api, gated, 'plan', 100, 'success')
  const held = await open('held', api, 'Tell the caller when the quota ends')
  await works(api, held, 'plan', 80, 'success')
  await say(api, held, '/andon hold until 18:00 the schema is being migrated', 'grace')
  await say(api, held, '/andon approve', 'ada')
  const running = await coded('running', widgets, 'Weigh the parcel before the label is printed')
  await begins(widgets, running, 'code', { progress: 55, text: 'writing tests for the scale' })
  await open('fresh', widgets, 'Validate the address of the recipient')
  await pass(10)
  return { app, scenes }
}
