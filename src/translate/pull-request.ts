import type { PullRequest, Repository } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { PullRequestFact } from '../pipeline/model/facts.ts'
import {
  evidence,
  type Here,
  here,
  id,
  moment,
  name,
  number,
  type Person,
  person,
  type Receipt,
  read,
  repositoryRef,
  sha,
  text,
  webUrl,
} from './fields.ts'

export type PullRequestPort = Pick<
  PullRequest,
  'number' | 'title' | 'html_url' | 'state' | 'draft' | 'merged_at' | 'updated_at'
> & {
  user: Person
  head: Pick<PullRequest['head'], 'label' | 'ref' | 'sha'> & { repo: Pick<Repository, 'id'> | null }
}
type PullRequestEventPort = Here & { pull_request: PullRequestPort }
type SynchronizePort = PullRequestEventPort & { before: string }

export const pullRequest = z.object({
  number,
  title: text,
  html_url: webUrl,
  state: z.enum(['open', 'closed']),
  draft: z
    .boolean()
    .nullish()
    .transform((draft) => draft ?? false),
  merged_at: moment.nullish().transform((at) => at ?? null),
  updated_at: moment,
  user: person,
  // GitHub sends a null label when the fork is gone.
  head: z.object({
    label: name.nullish().transform((label) => label ?? ''),
    ref: name,
    sha,
    repo: z.object({ id }).nullable(),
  }),
})
const event = here.extend({ pull_request: pullRequest })
const changed: z.ZodType<PullRequestEventPort> = event
const synchronized: z.ZodType<SynchronizePort> = event.extend({ before: sha })

export function translatePullRequest(action: string, payload: unknown, receipt: Receipt): Event {
  if (action === 'synchronize') {
    const port = read(synchronized, payload)
    return pullRequestChanged(action, port, [port.before], receipt)
  }
  return pullRequestChanged(action, read(changed, payload), [], receipt)
}

export function pullRequestFact(
  port: PullRequestPort,
  repositoryId: number,
  told: PullRequestFact['evidence'],
): PullRequestFact {
  return {
    number: port.number,
    title: port.title,
    url: port.html_url,
    author: port.user.login,
    state: port.merged_at === null ? port.state : 'merged',
    draft: port.draft,
    branch: port.head.repo?.id === repositoryId ? port.head.ref : forkedBranch(port),
    headSha: port.head.sha,
    sightings: [],
    replacedShas: [],
    closes: null,
    closesAt: null,
    reviews: [],
    mayWrite: {},
    updatedAt: port.updated_at,
    evidence: told,
  }
}

function pullRequestChanged(
  action: string,
  port: PullRequestEventPort,
  replacedShas: readonly string[],
  receipt: Receipt,
): Event {
  const at = port.pull_request.updated_at
  const told = { at, evidence: evidence(receipt, at) }
  const fact = pullRequestFact(port.pull_request, port.repository.id, told.evidence)
  return {
    type: 'pull_request.changed',
    action,
    ...told,
    repository: repositoryRef(port),
    pullRequest: { ...fact, replacedShas },
  }
}

// Always with an owner, so that a fork's `andon/issue-7` is never taken for ours.
function forkedBranch({ head }: PullRequestPort): string {
  return head.label.includes(':') ? head.label : `unknown:${head.ref}`
}
