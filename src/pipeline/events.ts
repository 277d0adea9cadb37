// Everything that can happen to the line, in our words. Read this first: deliveries, answers to our own questions,
// reports and the clock all become one of these, and nothing else moves a pipeline.

import type { Answer, Question } from './effects.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from './facts.ts'
import type { Evidence, Instant } from './pipeline.ts'

/** Where it happened. A repository keeps its id through rename and transfer; its name is only for people. */
export type RepositoryRef = {
  readonly id: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly installationId: number
}

/** What every event carries: when it happened (time is data) and how we know. */
type Told = { readonly at: Instant; readonly evidence: Evidence }

/** An event about one repository. */
type Here = Told & { readonly repository: RepositoryRef }

export type Event =
  // issues
  | (Here & {
      readonly type: 'issue.changed'
      readonly action: string
      readonly issue: IssueFact
      readonly sender: string
    })
  | (Here & {
      readonly type: 'issue.labeled'
      readonly issue: IssueFact
      readonly label: string
      readonly sender: string
    })
  | (Here & { readonly type: 'issue.gone'; readonly issue: IssueFact; readonly why: 'deleted' | 'transferred' })
  // workflow runs and their jobs
  | (Here & { readonly type: 'run.changed'; readonly run: RunFact })
  | (Here & { readonly type: 'job.changed'; readonly job: JobFact })
  // pull requests and reviews
  | (Here & { readonly type: 'pull_request.changed'; readonly action: string; readonly pullRequest: PullRequestFact })
  | (Here & { readonly type: 'review.changed'; readonly pullRequest: PullRequestFact; readonly review: ReviewFact })
  // what we published was removed by somebody, or twice created
  | (Here & { readonly type: 'comment.deleted'; readonly issueNumber: number; readonly commentId: number })
  // repositories and installations
  | (Here & { readonly type: 'repository.changed' })
  | (Here & { readonly type: 'repository.removed' })
  | (Told & {
      readonly type: 'installation.changed'
      readonly installationId: number
      readonly account: string
      readonly state: 'active' | 'suspended' | 'removed'
      readonly added: readonly RepositoryRef[]
      readonly removed: readonly number[]
    })
  // GitHub's answer to a question of ours: it echoes the whole question
  | (Here & { readonly type: 'answered'; readonly question: Question; readonly answer: Answer })
  // the clock: a pipeline asked to be woken at its `wake_at`
  | (Told & { readonly type: 'woken'; readonly pipelineId: number })

export type EventType = Event['type']
