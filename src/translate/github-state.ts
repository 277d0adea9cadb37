// How an issue, a pull request or a run stands now, as REST shows it: to be compared with what is known.
import { z } from 'zod'
import type { IssueFact, ReviewFact } from '../pipeline/model/facts.ts'
import { id, type ReadReceipt, readPayload } from './fields.ts'
import { issueFactOf, issueFields } from './issues.ts'
import { pullRequestFields, pullRequestOfPayload, type ShownPullRequest } from './pull-request.ts'
import { type RunRead, translateRunRead } from './workflow-run.ts'

export type IssueState = { readonly about: 'issue'; readonly labels: readonly string[] } & IssueFact
export type PullRequestState = { readonly about: 'pull_request' } & ShownPullRequest & {
    readonly reviews: readonly Pick<ReviewFact, 'id' | 'state'>[]
  }
export type RunState = { readonly about: 'run' } & RunRead

const VERDICTS = { APPROVED: 'approved', CHANGES_REQUESTED: 'changes_requested', DISMISSED: 'dismissed' } as const
const reviews = z.array(z.object({ id, state: z.string() }))
/** GitHub names labels in two ways, and may name none. */
const named = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
const labeledIssue = issueFields.extend({
  labels: z.array(z.union([named, z.unknown().transform(() => null)])).nullish(),
})
const jobList = z.object({ jobs: z.array(z.unknown()) })

export function translateIssueState(issue: unknown, evidence: ReadReceipt): IssueState {
  const { labels, ...fields } = readPayload(labeledIssue, issue)
  return { about: 'issue', labels: (labels ?? []).filter((label) => label !== null), ...issueFactOf(fields, evidence) }
}

export function translatePullRequestState(repositoryId: number, pull: unknown, list: unknown): PullRequestState {
  const shown = pullRequestOfPayload(readPayload(pullRequestFields, pull), repositoryId)
  const verdicts = readPayload(reviews, list ?? []).flatMap(({ id, state }) => {
    const verdict = VERDICTS[state as keyof typeof VERDICTS]
    return verdict === undefined ? [] : [{ id, state: verdict }]
  })
  return { about: 'pull_request', ...shown, reviews: verdicts }
}

export function translateRunState(repositoryId: number, run: unknown, list: unknown, evidence: ReadReceipt): RunState {
  const { jobs } = list === null ? { jobs: [] } : readPayload(jobList, list)
  return { about: 'run', ...translateRunRead(repositoryId, run, jobs, evidence) }
}
