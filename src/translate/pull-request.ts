import type { PullRequest, Repository } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { PullRequestFact } from '../pipeline/model/facts.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  id,
  identifier,
  number,
  optionalTimestamp,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  sha,
  timestamp,
  truncatedText,
  webUrl,
} from './fields.ts'
import { forkBranch } from './fork-branch.ts'

export type PullRequestFields = Pick<
  PullRequest,
  'number' | 'title' | 'html_url' | 'state' | 'draft' | 'merged_at' | 'updated_at'
> & {
  user: Account
  head: Pick<PullRequest['head'], 'label' | 'ref' | 'sha'> & { repo: Pick<Repository, 'id'> | null }
}
type PullRequestPayload = RepositoryPayload & { pull_request: PullRequestFields }
type SynchronizePayload = PullRequestPayload & { before: string }

/** What a delivery or an answer shows of a pull request at one moment. */
export type ShownPullRequest = Pick<
  PullRequestFact,
  'number' | 'title' | 'url' | 'author' | 'bot' | 'state' | 'draft' | 'branch' | 'headSha' | 'updatedAt'
>

export const pullRequestFields = z.object({
  number,
  title: truncatedText,
  html_url: webUrl,
  state: z.enum(['open', 'closed']),
  draft: z
    .boolean()
    .nullish()
    .transform((draft) => draft ?? false),
  merged_at: optionalTimestamp,
  updated_at: timestamp,
  user: account,
  // GitHub sends a null label for a deleted fork.
  head: z.object({
    label: identifier.nullish().transform((label) => label ?? ''),
    ref: identifier,
    sha,
    repo: z.object({ id }).nullable(),
  }),
})
const pullRequestPayload = repositoryPayload.extend({ pull_request: pullRequestFields })
const changedPayload: z.ZodType<PullRequestPayload> = pullRequestPayload
const synchronizePayload: z.ZodType<SynchronizePayload> = pullRequestPayload.extend({ before: sha })

export function translatePullRequest(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  if (action === 'synchronize') {
    const port = readPayload(synchronizePayload, payload)
    return changedEventOf(action, port, [port.before], receipt)
  }
  return changedEventOf(action, readPayload(changedPayload, payload), [], receipt)
}

/** A delivery's pull request, seen from the repository with that id. */
export function pullRequestOfPayload(port: PullRequestFields, repositoryId: number): ShownPullRequest {
  return {
    number: port.number,
    title: port.title,
    url: port.html_url,
    author: port.user.login,
    bot: port.user.type === 'Bot',
    state: port.merged_at === null ? port.state : 'merged',
    draft: port.draft,
    branch: port.head.repo?.id === repositoryId ? port.head.ref : forkBranchOf(port),
    headSha: port.head.sha,
    updatedAt: port.updated_at,
  }
}

/** The fact, without what only other deliveries and answers show. */
export function pullRequestFactOf(shown: ShownPullRequest, evidence: PullRequestFact['evidence']): PullRequestFact {
  return {
    ...shown,
    authorPermission: null,
    snapshots: [],
    replacedShas: [],
    closingIssues: null,
    closingIssuesAt: null,
    reviews: [],
    writePermissions: {},
    evidence,
  }
}

function changedEventOf(
  action: string,
  port: PullRequestPayload,
  replacedShas: readonly string[],
  receipt: DeliveryReceipt,
): Event {
  const at = port.pull_request.updated_at
  const evidence = evidenceOf(receipt, at)
  const fact = pullRequestFactOf(pullRequestOfPayload(port.pull_request, port.repository.id), evidence)
  return {
    type: 'pull_request.changed',
    action,
    at,
    evidence,
    repository: repositoryRefOf(port),
    pullRequest: { ...fact, replacedShas },
  }
}

// GitHub labels a head `owner:branch`, often also after the fork was deleted.
function forkBranchOf({ head }: PullRequestFields): string {
  return forkBranch(head.label.includes(':') ? head.label.split(':')[0] : null, head.ref)
}
