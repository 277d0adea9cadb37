// All of Andon over the fake GitHub, for a repository with a line of its own: what people do there, and what Andon then says.
import { readFileSync } from 'node:fs'
import type { Run } from '../../../fake-github/runs.ts'
import type { PipelineDetail } from '../../../src/render/pipeline-detail.ts'
import { type AndonApp, openAndonApp } from '../../support/andon-app.ts'

export const LINE_WITH_REVIEW = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml, attempts: 3 }
  review: { pull_request: true }
checks: { before_pull_request: off }
comments: off
`

export type LineWorld = {
  readonly app: AndonApp
  readonly github: AndonApp['github']
  readonly repository: string
  /** An issue, labelled by somebody who may write, whose plan is done and whose first attempt at code runs. */
  openIssueInCode(): Promise<{ readonly issue: number; readonly code: Run }>
  /** A branch and a pull request on it that says which issue it closes. */
  propose(o: { issue: number; by: string; branch?: string; fromFork?: boolean; draft?: boolean }): Promise<number>
  /** What the API says of an issue; null when it has no pipeline. */
  detail(issue: number): Promise<PipelineDetail | null>
  /** `plan done, code running`: the stages that have begun. */
  stages(issue: number): Promise<string>
  light(issue: number): Promise<string | null>
  page(issue: number): Promise<string>
  /** The newest run of a workflow. */
  newestRun(workflow: string): Run
  settle(seconds?: number): Promise<void>
  close(): Promise<void>
}

/** With `configuration` null the repository has no file, and Andon only watches. */
export async function openLineWorld(configuration: string | null = LINE_WITH_REVIEW): Promise<LineWorld> {
  const app = await openAndonApp()
  const { github, repository } = app
  if (configuration !== null) github.writeFile(repository, '.github/andon.yml', configuration)
  for (const name of ['plan.yml', 'code.yml', 'test.yml'])
    github.writeFile(repository, `.github/workflows/${name}`, readFileSync(`docs/workflows/${name}`, 'utf8'))

  const settle = (seconds = 30) => app.advance(seconds)
  function newestRun(workflow: string): Run {
    const run = github.runs.findLast(({ state }) => state.workflow.file === workflow)
    if (run === undefined) throw new Error(`no run of ${workflow}`)
    return run
  }
  /** Writes are paced, so that one of many issues may wait for its run. */
  async function dispatchedRun(issue: number, stage: string): Promise<Run> {
    for (let waited = 0; waited < 20; waited += 1) {
      await settle()
      const run = github.runs.find(({ state }) => state.title.startsWith(`andon ${issue}/${stage}/`))
      if (run !== undefined) return run
    }
    throw new Error(`no run of ${stage} for #${issue}`)
  }
  async function detail(issue: number): Promise<PipelineDetail | null> {
    const answer = await fetch(`${app.url}/api/pipelines/${repository}/${issue}`)
    if (answer.status === 404) return null
    return (await answer.json()) as PipelineDetail
  }

  return {
    app,
    github,
    repository,
    newestRun,
    detail,
    settle,
    async openIssueInCode() {
      const issue = await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
      const plan = await dispatchedRun(issue, 'plan')
      plan.start()
      plan.succeed()
      const code = await dispatchedRun(issue, 'code')
      code.start()
      await settle(10)
      return { issue, code }
    },
    async propose({ issue, by, branch = `work-${issue}-${by.replace('[bot]', '')}`, fromFork = false, draft = false }) {
      await github.createBranch(repository, branch, fromFork ? 'ada' : by)
      const pull = { branch, title: 'Retry uploads', body: `Closes #${issue}`, by, fromFork, draft }
      return await github.openPullRequest(repository, pull)
    },
    async stages(issue) {
      const shown = (await detail(issue))?.stages ?? []
      return shown
        .filter(({ status, reason }) => status !== 'idle' || reason !== '')
        .map(({ name, status }) => `${name} ${status}`)
        .join(', ')
    },
    light: async (issue) => (await detail(issue))?.light ?? null,
    page: async (issue) => await (await fetch(`${app.url}/${repository}/issues/${issue}`)).text(),
    close: () => app.close(),
  }
}
