// The state of one issue. Plain data: stored as one JSON document, so every field survives a round trip through JSON and
// nothing here is a class, a Date or undefined.
import type { Line, StageName } from '../../line/line.ts'
import type { IssueFact, PermissionDecision, PullRequestFact, RunFact } from './facts.ts'
import type { HoldOrRelease } from './hold.ts'
import type { CancellationCause, ClosedReason, DenialReason, DispatchReason, Reason } from './reason.ts'
import type { Evidence, Instant, Occurrence } from './time.ts'

export type StageStatus = 'idle' | 'queued' | 'running' | 'review' | 'done' | 'failed' | 'cancelled' | 'skipped'

/** The one light of a pipeline: its furthest live stage, or what is left when none is live. */
export type Light = 'running' | 'review' | 'queued' | 'failed' | 'done' | 'idle'

/** Beside the light, derived when read and never stored (see view/light.ts). */
export type Health = 'ok' | 'stalled' | 'stale' | 'unknown'

/**
 * One try at a stage: at most one dispatch and one workflow run. GitHub's `run_attempt` is something else. A run that Andon
 * did not start is an attempt with number 0, no key and no control.
 */
export type Attempt = {
  readonly number: number
  /** Readable, never recurs, echoed by the workflow's `run-name`. */
  readonly key: string | null
  /** The run as GitHub last described it; null until one is bound. */
  readonly run: RunFact | null
  /** When its run, because it was silent, or its refused workflow was last read from GitHub; absent while neither was. */
  readonly reconciliation?: Reconciliation
  readonly control?: AttemptControl
  /** Since when Andon has been there without a break, if that was later than the attempt's start: what is waited for counts from then. */
  readonly presentSince?: Instant
}

/** `answeredAt` is null until GitHub has answered. `askedAt`: when the question was asked that then still waited, if one did. */
export type Reconciliation = { readonly at: Instant; readonly answeredAt: Instant | null; readonly askedAt?: Instant }

/** Our side of an attempt: how it was sent, what it reported, and how it was given up, if it was. */
export type AttemptControl = {
  /** Only attempts of one trigger count against `attempts`. */
  readonly trigger: Trigger
  readonly admittedAt: Instant
  /** The branch it was sent to: only a run there may claim its key. */
  readonly ref: string
  /** The run it is bound to, which may be known before anything else about that run. */
  readonly runId: number | null
  readonly dispatch: Dispatch | null
  readonly report: Report | null
  readonly cancel: Cancellation | null
  /** Given up without a conclusion of its run. A conclusion that comes later counts nevertheless. */
  readonly closed: Closed | null
  /** When what GitHub refused to start was found repaired; absent before. */
  readonly lifted?: Occurrence
  readonly duplicateRuns: readonly DuplicateRun[]
  /** Its run gave a sign of life after GitHub had not known it: GitHub is asked again. Absent: none. */
  readonly isSeenAgain?: true
  /** How often its run came back after GitHub had not known it; absent: never. */
  readonly returns?: number
  /** It does not count against `attempts`: what failed was its workflow, for everybody. */
  readonly isExcused?: true
  /** The attempt's evidence while its run is unknown. */
  readonly evidence: Evidence
}

/** Why a stage runs again: the start, a round of rework, a person's command. */
export type Trigger = Occurrence & {
  /** `start`, `round/<sha>`, `order/<comment>/<nth>`. */
  readonly id: string
  /** The stage that begins at once; those after it follow when it has finished. */
  readonly from: StageName
}

/** The latest report of the outbox about sending an attempt. */
export type Dispatch = {
  readonly state: 'sending' | 'confirmed' | 'refused' | 'unconfirmed' | 'waiting'
  readonly reason: DispatchReason | null
  readonly until: Instant | null
  readonly url: string | null
  /** Nothing more is done about it until a person decides. */
  readonly needsPerson: boolean
  readonly at: Instant
}

/** The latest beat and the latest report of an attempt: alive and progress are two clocks. */
export type Report = {
  readonly aliveAt: Instant
  readonly progressAt: Instant | null
  readonly progress: number | null
  readonly text: string | null
  readonly url: string | null
  /** Until when the agent said that it is limited; absent while it has not. */
  readonly limitedUntil?: Instant
}

/** A run that is being stopped: politely; after five minutes by force; after five more it is abandoned. */
export type Cancellation = {
  readonly reason: CancellationCause
  readonly at: Instant
  readonly forcedAt: Instant | null
  readonly response: { readonly answer: CancelOutcome; readonly at: Instant } | null
}

export type CancelOutcome = 'accepted' | 'refused' | 'gone'

/** How an attempt ended without a conclusion of its run. */
export type Closed = ClosedReason & Occurrence

/** A younger run of the same key beside the adopted one: it is cancelled. `run` is null until GitHub has described it. */
export type DuplicateRun = {
  readonly runId: number
  readonly run: RunFact | null
  readonly cancel: Cancellation | null
  /** When Andon stopped waiting for it, because GitHub would not cancel it. */
  readonly abandonedAt: Instant | null
}

/** A command about a stage whose sender has permission. */
export type StageCommand = Occurrence & {
  /** `<comment>/<nth>`. */
  readonly id: string
  readonly verb: 'start' | 'retry' | 'run' | 'cancel' | 'approve' | 'skip'
  readonly by: string
  /** The trigger it is about; for `retry` and `run` the one it makes. */
  readonly triggerId: string
}

/** Everything but `name`, `attempts` and `commands` is derived from the facts after each event. */
export type Stage = {
  readonly name: StageName
  readonly status: StageStatus
  /** What happened, or what it waits for; null while there is nothing to say. */
  readonly reason: Reason | null
  /** Since when it has its status; null while it is blank. */
  readonly since: Instant | null
  readonly evidence: Evidence | null
  readonly attempts: readonly Attempt[]
  /** Since when it waits for a slot; null or absent while it does not. */
  readonly queuedAt?: Instant | null
  /** The earliest moment of the next attempt, because the last one failed; null or absent when at once. */
  readonly retryAt?: Instant | null
  /** In the order they were run; absent while there are none. */
  readonly commands?: readonly StageCommand[]
}

/** What started the pipeline: the label, a command, or a recognised agent's branch. */
export type PipelineStart = Occurrence & {
  readonly by: 'label' | 'command' | 'branch'
  /** The person or App that caused it; null when a branch did. */
  readonly actor: string | null
}

export type Pipeline = {
  readonly repositoryId: number
  readonly issue: IssueFact
  readonly start: PipelineStart
  /** The stage table as it was when the pipeline began. */
  readonly line: Line
  readonly stages: readonly Stage[]
  /** Linked by closing references, by branch, or by an attempt's key; sorted by number. */
  readonly pullRequests: readonly PullRequestFact[]
  /** The numbers of those that decide nothing and are too many to be kept; absent while there are none. */
  readonly omittedPullRequests?: readonly number[]
  /** When GitHub was last asked for a pull request, because a stage waits for one; absent while it never was. */
  readonly pullRequestAskedAt?: Instant
  /** Head of the default branch when the pipeline began; null until GitHub has answered. */
  readonly baseSha: string | null
  /** Set when the issue was deleted or transferred away: the pipeline stops and nothing is written there any more. */
  readonly removed: { readonly why: 'deleted' | 'transferred'; readonly at: Instant } | null
  /** False until the repository's file has been read: the stage table may still be replaced. Absent: it is final. */
  readonly isConfigured?: boolean
  /** The repository had no file when it was read. One that comes later counts while the pipeline is untouched. Absent: it had one. */
  readonly isWithoutFile?: true
  /** The file has been read and has only ever had mistakes; absent while GitHub is asked for it. */
  readonly isFileMistaken?: true
  /** Absent while only a branch asked for the start. */
  readonly startRequests?: readonly StartRequest[]
  /** The latest hold or release of each scope within the pipeline; absent while there are none. See `activeHolds`. */
  readonly holdsAndReleases?: readonly HoldOrRelease[]
  /** Why the pipeline last got no slot; absent while it wants none. */
  readonly denial?: { readonly reason: DenialReason; readonly until: Instant | null; readonly at: Instant }
}

/** A user's latest request to start; `permission` is null until GitHub has answered. */
export type StartRequest = Occurrence & {
  readonly login: string
  readonly by: 'label' | 'command'
  /** A bot counts where the repository's file names it, and GitHub is not asked. Absent: a person. */
  readonly bot?: boolean
  /** The comment that asked for it, if one did. */
  readonly commentId?: number
  readonly permission: PermissionDecision | null
}
