// Everything that can happen, in our words. Read this first: deliveries, answers to our own questions,
// reports and the clock all become one of these, and nothing else moves a pipeline.
import type { Button } from '../../commands/button-command.ts'
import type { StageName } from '../../line/line.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from './facts.ts'
import type { ButtonClick, EmailCheck, GivenCommands } from './given-commands.ts'
import type { CancelOutcome, Report } from './pipeline.ts'
import type { Answer, Question } from './questions.ts'
import type { DenialReason, DispatchReason } from './reason.ts'
import type { Instant, Occurrence } from './time.ts'

/** Where it happened. A repository keeps its id through rename and transfer; its name is only for people. */
export type RepositoryRef = {
  readonly id: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly installationId: number
  /** GitHub's `updated_at` of this description: orders the names. Absent where GitHub gives none, and in events of our own. */
  readonly updatedAt?: Instant
}

/** A repository that left an installation; of one that was deleted GitHub may say no more than its id. */
export type RemovedRepository = { readonly id: number; readonly ref: RepositoryRef | null }

/** What each event about one repository carries, by its type. */
type RepositoryEvents = {
  'issue.changed': { action: string; issue: IssueFact; sender: string }
  'issue.labeled': { issue: IssueFact; label: string; sender: string; bot?: boolean }
  'issue.removed': { issue: IssueFact; why: 'deleted' | 'transferred' }
  'run.changed': { run: RunFact }
  'job.changed': { job: JobFact }
  'pull_request.changed': { action: string; pullRequest: PullRequestFact }
  'review.changed': { pullRequest: PullRequestFact; review: ReviewFact }
  /** Perhaps a comment of ours. */
  'comment.deleted': { issueNumber: number; commentId: number }
  'repository.changed': object
  /** Deleted or archived, as a delivery says, which may be late: GitHub is asked. */
  'repository.removed': object
  /** A call by the repository's name was redirected: it has another name now. */
  'repository.redirected': object
  /** The commit that was pushed, and the files of the line in it; null where GitHub does not list them all. */
  'configuration.pushed': { headSha: string; paths: readonly string[] | null }
  /** GitHub's answer to a question of ours; the event repeats the whole question. */
  'question.answered': { question: Question; answer: Answer }
  'commands.received': GivenCommands & { sender: string; bot: boolean; emailCheck?: EmailCheck }
  'button.clicked': {
    /** The one that the check run names. */
    pipelineId: number
    origin: ButtonClick
    verb: Button
    /** GitHub's own re-run, which counts the commit's checks as queued until we write ours again. */
    isRerun: boolean
    sender: string
    bot: boolean
  }
  'attempt.admitted': { issueNumber: number; stage: StageName; attempt: number; key: string }
  /** The clock: something may start or end in the repository. */
  'repository.woken': object
  'attempt.excused': { issueNumber: number; key: string }
  'admission.denied': { issueNumber: number; reason: DenialReason; until: Instant | null }
  'dispatch.updated': { issueNumber: number; key: string; outcome: DispatchOutcome }
  'cancel.answered': { issueNumber: number; key: string | null; runId: number; outcome: CancelOutcome; force: boolean }
  /** The workflow's own report about an attempt. */
  'attempt.reported': { issueNumber: number; key: string; runId: number } & Pick<
    Report,
    'progress' | 'text' | 'url' | 'limitedUntil'
  >
}

type OtherEvents = {
  'installation.changed': {
    installationId: number
    account: string
    state: 'active' | 'suspended' | 'removed'
    added: readonly RepositoryRef[]
    removed: readonly RemovedRepository[]
    /** Its page at GitHub. */
    settingsUrl?: string | null
    /** Of those that Andon needs; absent or null when the delivery does not say. */
    missingPermissions?: readonly string[] | null
  }
  /** The clock: a pipeline asked to be woken now; `heartbeats` is the latest beat of each live attempt, by key. */
  'pipeline.woken': { pipelineId: number; heartbeats?: Readonly<Record<string, Instant>> }
}

/** What every event carries: when it happened (time is data) and how we know. */
type EventBase<Type> = Occurrence & { readonly type: Type }

type Events = OtherEvents & {
  [Type in keyof RepositoryEvents]: RepositoryEvents[Type] & { readonly repository: RepositoryRef }
}

export type EventType = keyof Events
export type EventOf<Type extends EventType> = { [One in Type]: EventBase<One> & Readonly<Events[One]> }[Type]
export type Event = EventOf<EventType>
/** An event about one repository. */
export type RepositoryEvent = EventOf<keyof RepositoryEvents>

/** What the outbox reports about sending an attempt. */
export type DispatchOutcome =
  | { readonly state: 'sending' }
  | { readonly state: 'confirmed'; readonly runId: number; readonly url: string }
  | { readonly state: 'refused'; readonly reason: DispatchReason }
  /** `needsPerson`: it is neither looked for nor sent again until a person decides. */
  | { readonly state: 'unconfirmed'; readonly reason: DispatchReason; readonly needsPerson?: boolean }
  | { readonly state: 'waiting'; readonly until: Instant | null; readonly reason: DispatchReason }
