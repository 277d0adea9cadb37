// Everything that can happen to the line, in our words. Read this first: deliveries, answers to our own questions,
// reports and the clock all become one of these, and nothing else moves a pipeline.
import type { Command, Mistake } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'
import type { Origin, Pressed } from './command-origin.ts'
import type { Answer, Question } from './effects.ts'
import type { Evidence } from './evidence.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from './facts.ts'
import type { Around } from './hold.ts'
import type { Instant } from './time.ts'

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
  | (Here & {
      readonly type: 'answered'
      readonly question: Question
      readonly answer: Answer
      /** What was held around the pipelines before it; the door adds it. */
      readonly around?: Around
      /** Of an answer about a run, the latest beat of each attempt, by key; the door adds it. */
      readonly beats?: Readonly<Record<string, Instant>>
    })
  // what people write and push
  | (Here & {
      readonly type: 'command.given'
      /** The number commented on: a pull request's own when `onPullRequest`. */
      readonly issueNumber: number
      readonly onPullRequest: boolean
      readonly origin: Origin
      readonly sender: string
      readonly bot: boolean
      readonly commands: readonly (Command | Mistake)[]
      /** Is the sender a bot whom the repository's file names at present? The door adds it: a pipeline's own line may be older. */
      readonly named?: boolean
      /** What was held around the pipelines before it; the door adds it. */
      readonly around?: Around
    })
  | (Here & {
      readonly type: 'button.pressed'
      /** As the check run names it. */
      readonly pipelineId: number
      readonly origin: Pressed
      readonly verb: 'retry' | 'approve'
      /** GitHub's own re-run, which counts the commit's checks as queued until we write ours again. */
      readonly isRerun: boolean
      readonly sender: string
      readonly bot: boolean
    })
  | (Here & { readonly type: 'configuration.touched' })
  // admission and what came of it
  | (Here & {
      readonly type: 'attempt.admitted'
      readonly issueNumber: number
      readonly stage: StageName
      readonly attempt: number
      readonly key: string
    })
  | (Here & {
      readonly type: 'admission.denied'
      readonly issueNumber: number
      readonly words: string
      readonly until: Instant | null
    })
  | (Here & {
      readonly type: 'dispatch.told'
      readonly issueNumber: number
      readonly key: string
      readonly told: DispatchTold
    })
  | (Here & {
      readonly type: 'cancel.told'
      readonly issueNumber: number
      readonly key: string | null
      readonly runId: number
      readonly told: 'accepted' | 'refused' | 'gone'
      readonly force: boolean
    })
  // what the workflow itself says about an attempt
  | (Here & {
      readonly type: 'reported'
      readonly issueNumber: number
      readonly key: string
      readonly runId: number
      readonly progress: number | null
      readonly text: string | null
      readonly url: string | null
    })
  // the clock: a pipeline asked to be woken at its `wake_at`; `beats` is the latest beat of each live attempt, by key
  | (Told & {
      readonly type: 'woken'
      readonly pipelineId: number
      readonly beats?: Readonly<Record<string, Instant>>
    })

/** What the outbox tells about sending an attempt. */
export type DispatchTold =
  | { readonly state: 'sending' }
  | { readonly state: 'confirmed'; readonly runId: number; readonly url: string }
  | { readonly state: 'refused'; readonly words: string }
  /** `needsPerson`: it is neither looked for nor sent again until a person says what to do. */
  | { readonly state: 'unconfirmed'; readonly words: string; readonly needsPerson?: boolean }
  | { readonly state: 'waiting'; readonly until: Instant | null; readonly words: string }

export type EventType = Event['type']
