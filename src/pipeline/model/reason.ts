// Why a stage has its status, as data. The words are in render/reason.ts alone: a better word changes no document.
import type { StageName } from '../../line/line.ts'
import type { WorkflowHold } from './breaker.ts'
import type { CancelExplanation, Conclusion, EnvironmentWait, IssueFact, JobFact } from './facts.ts'
import type { Hold } from './hold.ts'
import type { Instant } from './time.ts'

/** What happened to a stage, or what it waits for. */
export type Reason =
  | AttemptReason
  | QueueReason
  /** What people did, and what they must do. */
  | { readonly kind: 'attempts-used-up' | 'attempt-cancelled' | 'waits-for-approval'; readonly last: Reason | null }
  /** GitHub refused to start it; `checks-workflow` until that is confirmed. */
  | { readonly kind: 'start-refused' | 'checks-workflow'; readonly last: Reason | null }
  | { readonly kind: 'gate-approved'; readonly last: Reason | null; readonly by: string }
  | { readonly kind: 'cancelled-by' | 'skipped-by'; readonly by: string }
  | { readonly kind: 'asks-permission' | 'lacks-permission'; readonly login: string }
  /** Stages that have not started, or will not. A stage without a workflow starts with a pull request. */
  | { readonly kind: 'waits-for-start' | 'stage-over'; readonly workflow: string | null }
  /** What the line is depends on the repository's file, which GitHub is asked for with the issue. */
  | { readonly kind: 'asks-issue' | 'file-mistaken' }
  | { readonly kind: 'waits-for-stage'; readonly stage: StageName }
  | { readonly kind: 'called-off-with-issue'; readonly state: 'closed' | 'deleted' | 'transferred' }
  /** GitHub sent it open and closed within one second. */
  | { readonly kind: 'asks-issue-state' }
  | { readonly kind: 'called-off-with-pull-request'; readonly number: number; readonly state: 'closed' | 'merged' }
  | { readonly kind: 'issue-removed'; readonly why: 'deleted' | 'transferred' }
  | { readonly kind: 'issue-closed'; readonly stateReason: IssueFact['stateReason'] }
  /** The state of the review; `reviewer` is null while no reviewer is named. */
  | { readonly kind: 'pull-request'; readonly number: number; readonly state: 'closed' | 'draft' | 'merged' }
  | { readonly kind: 'waits-for-review'; readonly reviewer: string | null }
  | { readonly kind: 'review-approved'; readonly reviewer: string }
  | {
      readonly kind: 'changes-requested'
      readonly reviewer: string
      readonly round: number | null
      readonly rework: number
    }
  | { readonly kind: 'rework-used-up'; readonly reviewer: string; readonly rework: number }

/** The state of an attempt. */
export type AttemptReason = { readonly attempt: AttemptRef } & (
  | { readonly kind: 'being-started' | 'waits-for-runner' }
  /** GitHub itself makes the run wait. A person must approve it, or reviewers of these environments. */
  | { readonly kind: 'waits-for-github-approval'; readonly environments: readonly string[] }
  | { readonly kind: 'waits-for-environment'; readonly on: EnvironmentWait | null }
  | { readonly kind: 'waits-for-concurrency-group' | 'waits-for-github-queue' }
  | { readonly kind: 'waits-for-dispatch'; readonly dispatch: DispatchReason; readonly until: Instant | null }
  | { readonly kind: 'unconfirmed'; readonly dispatch: DispatchReason; readonly needsPerson: boolean }
  | { readonly kind: 'running'; readonly job: Pick<JobFact, 'name' | 'step' | 'stepsCompleted' | 'stepsTotal'> | null }
  | { readonly kind: 'reports'; readonly progress: number | null; readonly text: string | null }
  /** `next` is what follows unless the run ends first: force, or after force abandoning it; null without a run. */
  | {
      readonly kind: 'cancelling'
      readonly cause: CancellationCause
      readonly next: { readonly isForced: boolean; readonly at: Instant } | null
    }
  | {
      readonly kind: 'concluded'
      readonly conclusion: Exclude<Conclusion, 'cancelled'>
      readonly failedJob: string | null
    }
  | { readonly kind: 'cancelled'; readonly cause: CancellationCause }
  | { readonly kind: 'asks-why-cancelled' | 'asks-why-failed' }
  /** Reviewers of its environment rejected the job, or the rules of the environment do not allow it. */
  | { readonly kind: 'deployment-rejected'; readonly job: string }
  | { readonly kind: 'cancelled-on-github'; readonly explanation: CancelExplanation; readonly hadJobs: boolean }
  | { readonly kind: 'closed'; readonly closed: ClosedReason }
)

/** What the next attempt waits for; `previous` is why there is one more. */
export type QueueReason = QueueCause & { readonly attempt: AttemptRef; readonly previous: Reason | null }

export type QueueCause =
  | { readonly kind: 'waits-for-run'; readonly runId: number }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'denied'; readonly denial: DenialReason; readonly until: Instant | null }
  | { readonly kind: 'waits-to-retry'; readonly until: Instant }
  | { readonly kind: 'waits-for-slot' }

/**
 * `limit` is how many attempts are allowed, null where Andon does not start the runs; `number` is null for such a run beside
 * our own attempts. `rerun` counts GitHub's re-runs of the attempt.
 */
export type AttemptRef = { readonly number: number | null; readonly limit: number | null; readonly rerun: number }

/** Why a run is being stopped. */
export type CancellationCause = 'silence' | 'time_limit' | 'never_started' | 'command' | 'superseded'

/** How an attempt ended without a conclusion of its run. */
export type ClosedReason =
  | { readonly kind: 'refused'; readonly refusal: DispatchReason }
  | { readonly kind: 'gone' | 'abandoned' }
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'cancelled'; readonly by: null; readonly run: 'never-sent' | 'never-seen' }

/** Why sending an attempt waits, is in doubt or has ended. `words` are GitHub's own. */
export type DispatchReason =
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'held-by-andon'; readonly hold: WorkflowHold }
  | { readonly kind: 'hold-over' }
  | { readonly kind: 'rate-limited' | 'write-budget-spent' | 'no-access' | 'sent-again' }
  | { readonly kind: 'run-not-named' | 'sender-ended' | 'given-up' }
  | { readonly kind: 'github-unavailable' | 'answer-lost' | 'runs-hidden'; readonly words: string }
  | { readonly kind: 'refused'; readonly workflow: string; readonly cause: RefusalCause; readonly words: string }
  | { readonly kind: 'key-not-echoed' | 'workflow-missing'; readonly workflow: string }
  | { readonly kind: 'tries-used-up'; readonly tries: number }

/** What a person must change before GitHub starts a workflow, as far as its words and the workflow's file say. */
export type RefusalCause =
  /** GitHub does not know the workflow, though its file may be there. */
  | { readonly kind: 'workflow-unknown' | 'file-missing' | 'file-invalid' | 'no-trigger' }
  | { readonly kind: 'workflow-disabled' | 'actions-disabled' | 'other' }
  | { readonly kind: 'branch-missing'; readonly branch: string }
  | { readonly kind: 'inputs-undeclared'; readonly inputs: readonly string[] }
  | { readonly kind: 'input-required'; readonly input: string }

/** Why no slot was given. */
export type DenialReason =
  | {
      readonly kind: 'repository-removed' | 'repository-in-doubt' | 'installation-suspended' | 'default-branch-unknown'
    }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'held-by-andon'; readonly hold: WorkflowHold }
  | { readonly kind: 'failing-alike'; readonly workflow: string; readonly issues: readonly number[] }
  | { readonly kind: 'starts-per-day' | 'running'; readonly count: number; readonly limit: number }

/** Was the stage called off, with its issue or its pull request? */
export function isCalledOff(reason: Reason | null): boolean {
  if (reason?.kind === 'asks-issue-state') return true
  return reason?.kind === 'called-off-with-issue' || reason?.kind === 'called-off-with-pull-request'
}

/** Did a person cancel the run, or reject its deployment, on GitHub? Then the stage stands until a person decides. */
export function isCancelledByPerson(reason: Reason | null): boolean {
  if (reason?.kind === 'attempt-cancelled') return isCancelledByPerson(reason.last)
  if (reason?.kind === 'deployment-rejected') return true
  return reason?.kind === 'cancelled-on-github' && reason.explanation.kind === 'person'
}

/** Does it only say how far a run has got? That is not worth a history entry. */
export function isProgress(reason: Reason | null): boolean {
  return reason?.kind === 'running' || reason?.kind === 'reports'
}
