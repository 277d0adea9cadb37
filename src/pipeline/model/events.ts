// Everything that can happen to the line, in our words. Read this first: deliveries, answers to our own questions,
// reports and the clock all become one of these, and nothing else moves a pipeline.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'
import type { ButtonClick, CommandOrigin } from './command-origin.ts'
import type { Answer, Question } from './effects.ts'
import type { Evidence } from './evidence.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from './facts.ts'
import type { OuterHolds } from './hold.ts'
import type { DenialReason, DispatchReason } from './reason.ts'
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
type EventBase = { readonly at: Instant; readonly evidence: Evidence }

/** An event about one repository. */
type RepositoryEventBase = EventBase & { readonly repository: RepositoryRef }

export type Event =
  // issues
  | (RepositoryEventBase & {
      readonly type: 'issue.changed'
      readonly action: string
      readonly issue: IssueFact
      readonly sender: string
    })
  | (RepositoryEventBase & {
      readonly type: 'issue.labeled'
      readonly issue: IssueFact
      readonly label: string
      readonly sender: string
    })
  | (RepositoryEventBase & {
      readonly type: 'issue.removed'
      readonly issue: IssueFact
      readonly why: 'deleted' | 'transferred'
    })
  // workflow runs and their jobs
  | (RepositoryEventBase & { readonly type: 'run.changed'; readonly run: RunFact })
  | (RepositoryEventBase & { readonly type: 'job.changed'; readonly job: JobFact })
  // pull requests and reviews
  | (RepositoryEventBase & {
      readonly type: 'pull_request.changed'
      readonly action: string
      readonly pullRequest: PullRequestFact
    })
  | (RepositoryEventBase & {
      readonly type: 'review.changed'
      readonly pullRequest: PullRequestFact
      readonly review: ReviewFact
    })
  // what we published was removed by somebody, or twice created
  | (RepositoryEventBase & {
      readonly type: 'comment.deleted'
      readonly issueNumber: number
      readonly commentId: number
    })
  // repositories and installations
  | (RepositoryEventBase & { readonly type: 'repository.changed' })
  | (RepositoryEventBase & { readonly type: 'repository.removed' })
  | (EventBase & {
      readonly type: 'installation.changed'
      readonly installationId: number
      readonly account: string
      readonly state: 'active' | 'suspended' | 'removed'
      readonly added: readonly RepositoryRef[]
      readonly removed: readonly number[]
    })
  // GitHub's answer to a question of ours: it echoes the whole question
  | (RepositoryEventBase & {
      readonly type: 'question.answered'
      readonly question: Question
      readonly answer: Answer
      /** What was held around the pipelines before it; the door adds it. */
      readonly outerHolds?: OuterHolds
      /** Of an answer about a run, the latest beat of each attempt, by key; the door adds it. */
      readonly heartbeats?: Readonly<Record<string, Instant>>
    })
  // what people write and push
  | (RepositoryEventBase & {
      readonly type: 'commands.received'
      /** The number commented on: a pull request's own when `onPullRequest`. */
      readonly issueNumber: number
      readonly onPullRequest: boolean
      readonly origin: CommandOrigin
      readonly sender: string
      readonly bot: boolean
      readonly commands: readonly (Command | InvalidCommand)[]
      /** Is the sender a bot whom the repository's file names at present? The door adds it: a pipeline's own line may be older. */
      readonly isAllowedBot?: boolean
      /** What was held around the pipelines before it; the door adds it. */
      readonly outerHolds?: OuterHolds
    })
  | (RepositoryEventBase & {
      readonly type: 'button.clicked'
      /** As the check run names it. */
      readonly pipelineId: number
      readonly origin: ButtonClick
      readonly verb: 'retry' | 'approve'
      /** GitHub's own re-run, which counts the commit's checks as queued until we write ours again. */
      readonly isRerun: boolean
      readonly sender: string
      readonly bot: boolean
    })
  | (RepositoryEventBase & { readonly type: 'configuration.pushed' })
  // admission and what came of it
  | (RepositoryEventBase & {
      readonly type: 'attempt.admitted'
      readonly issueNumber: number
      readonly stage: StageName
      readonly attempt: number
      readonly key: string
    })
  | (RepositoryEventBase & {
      readonly type: 'admission.denied'
      readonly issueNumber: number
      readonly reason: DenialReason
      readonly until: Instant | null
    })
  | (RepositoryEventBase & {
      readonly type: 'dispatch.updated'
      readonly issueNumber: number
      readonly key: string
      readonly outcome: DispatchOutcome
    })
  | (RepositoryEventBase & {
      readonly type: 'cancel.answered'
      readonly issueNumber: number
      readonly key: string | null
      readonly runId: number
      readonly outcome: 'accepted' | 'refused' | 'gone'
      readonly force: boolean
    })
  // what the workflow itself says about an attempt
  | (RepositoryEventBase & {
      readonly type: 'attempt.reported'
      readonly issueNumber: number
      readonly key: string
      readonly runId: number
      readonly progress: number | null
      readonly text: string | null
      readonly url: string | null
    })
  // the clock: a pipeline asked to be woken at its `wake_at`; `heartbeats` is the latest beat of each live attempt, by key
  | (EventBase & {
      readonly type: 'pipeline.woken'
      readonly pipelineId: number
      readonly heartbeats?: Readonly<Record<string, Instant>>
    })

/** What the outbox tells about sending an attempt. */
export type DispatchOutcome =
  | { readonly state: 'sending' }
  | { readonly state: 'confirmed'; readonly runId: number; readonly url: string }
  | { readonly state: 'refused'; readonly reason: DispatchReason }
  /** `needsPerson`: it is neither looked for nor sent again until a person says what to do. */
  | { readonly state: 'unconfirmed'; readonly reason: DispatchReason; readonly needsPerson?: boolean }
  | { readonly state: 'waiting'; readonly until: Instant | null; readonly reason: DispatchReason }

export type EventType = Event['type']
