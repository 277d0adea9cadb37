// What people and programs see of an issue and of the board, read over HTTP.
import type { AndonApp } from '../../support/andon-app.ts'
import { readBoardPage } from '../../support/board-api.ts'

export type IssueDetail = {
  readonly light: string
  readonly health: string
  readonly reason: string
  readonly waiting: { readonly for: string } | null
  readonly stages: readonly {
    readonly name: string
    readonly status: string
    readonly reason: string
    readonly attempts: readonly { readonly number: number; readonly conclusion: string | null }[]
  }[]
}

export async function readIssue({ url, repository }: AndonApp, number = 1): Promise<IssueDetail> {
  const answer = await fetch(`${url}/api/pipelines/${repository}/${number}`)
  return (await answer.json()) as IssueDetail
}

/** The counts of the board, and the numbers of the issues that its page lists. */
export async function readBoard({ url, repository }: AndonApp) {
  const { counts, pipelines } = await readBoardPage(url, { repository })
  const page = await (await fetch(`${url}/${repository}`)).text()
  return { counts, issues: pipelines.map(({ issue }) => issue), page }
}
