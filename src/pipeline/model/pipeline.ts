// The state of one issue on the line. Plain data: stored as one JSON document, so every field survives a round trip
// through JSON and nothing here is a class, a Date or undefined.
import type { Line, StageName } from '../../line/line.ts'
import type { Evidence } from './evidence.ts'
import type { IssueFact, PermissionDecision, PullRequestFact, RunFact } from './facts.ts'
import type { HoldOrRelease } from './hold.ts'
import type { CancellationCause, ClosedReason, DenialReason, DispatchReason, Reason } from './reason.ts'
import type { Instant } from './time.ts'

export type StageStatus = 'idle' | 'queued' | 'running' | 'review' | 'done' | 'failed' | 'cancelled' | 'skipped'

/** The one light of a pipeline: its furthest live stage, or what is left when none is live. */
export type Light = 'running' | 'review' | 'queued' | 'failed' | 'done' | 'idle'

/** Beside the light, derived when read and never stored (see view/light.ts). */
export type Health = 'ok' | 'stalled' | 'stale' | 'unknown'

/** One try at a stage: at most one dispatch and one workflow run. GitHub's `run_attempt` is something else. */
export type Attempt = {
  /** As in its key; 0 when somebody else started a run beside ours. */
  readonly number: number
  /** Readable, never recurs, echoed by the workflow's `run-name`; null when somebody else started the run. */
  readonly key: string | null
  /** The run as GitHub last told it; null until one is bound. */
  readonly run: RunFact | null
  /** When GitHub was last asked how the run stands; absent while it never was. */
  readonly reconciliation?: Reconciliation
  /** What Andon did about it; absent when somebody else started the run. */
  readonly control?: AttemptControl
}

/** A question how a run stands; `answeredAt` is null until GitHub has answered. */
export type Reconciliation = { readonly at: Instant; readonly answeredAt: Instant | null }

/** Our side of an attempt: how it was sent, what was heard of it, and how it was given up, if it was. */
export type AttemptControl = {
  /** What asked for it: only attempts of one call count against each other. */
  readonly trigger: Trigger
  readonly admittedAt: Instant
  /** The branch it was sent to: only a run there may claim its key. */
  readonly ref: string
  /** The run it is bound to, which may be known before GitHub has told anything about that run. */
  readonly runId: number | null
  readonly dispatch: Dispatch | null
  /** What the workflow itself reported. */
  readonly report: Report | null
  readonly cancel: Cancellation | null
  /** Given up without a conclusion of its run. A conclusion that comes later is taken nevertheless. */
  readonly closed: Closed | null
  /** Younger runs with the same key: they are cancelled. */
  readonly duplicateRuns: readonly DuplicateRun[]
  /** How we know what is said of it while its run is unknown. */
  readonly evidence: Evidence
}

/** A reason for a stage to be carried out anew: the start, a round of rework, a person's order. */
export type Trigger = {
  /** `start`, `round/<sha>`, `order/<comment>/<nth>`. */
  readonly id: string
  readonly at: Instant
  /** The stage that begins at once; those after it follow when it is over. */
  readonly from: StageName
  readonly evidence: Evidence
}

/** What the outbox last told about sending an attempt. */
export type Dispatch = {
  readonly state: 'sending' | 'confirmed' | 'refused' | 'unconfirmed' | 'waiting'
  readonly reason: DispatchReason | null
  readonly until: Instant | null
  readonly url: string | null
  /** Nothing more is done about it until a person says what to do. */
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
}

/** A run that is being stopped: politely, five minutes later by force, and five minutes after that without it. */
export type Cancellation = {
  readonly reason: CancellationCause
  readonly at: Instant
  readonly forcedAt: Instant | null
  readonly response: { readonly answer: 'accepted' | 'refused' | 'gone'; readonly at: Instant } | null
}

/** How an attempt ended that no run concluded. */
export type Closed = ClosedReason & { readonly at: Instant; readonly evidence: Evidence }

/** A run that must not be, beside the one that was adopted. `run` is null until GitHub has told it. */
export type DuplicateRun = {
  readonly runId: number
  readonly run: RunFact | null
  readonly cancel: Cancellation | null
  /** When it was left alone, because GitHub would not cancel it. */
  readonly abandonedAt: Instant | null
}

/** A person's word about a stage, once GitHub has said that the person may. */
export type StageCommand = {
  /** `<comment>/<nth>`. */
  readonly id: string
  readonly verb: 'start' | 'retry' | 'run' | 'cancel' | 'approve' | 'skip'
  readonly by: string
  readonly at: Instant
  readonly evidence: Evidence
  /** The call it is about; for `retry` and `run` the one it makes. */
  readonly triggerId: string
}

/** A stage as it stands. Everything but `name` and `attempts` is settled anew from the facts after each event. */
export type Stage = {
  readonly name: StageName
  readonly status: StageStatus
  /** What happened, or what it waits for; null while nothing is to be said. */
  readonly reason: Reason | null
  /** Since when the status holds; null while the stage has never been touched. */
  readonly since: Instant | null
  readonly evidence: Evidence | null
  readonly attempts: readonly Attempt[]
  /** Since when it wants a slot; null or absent while it wants none. */
  readonly queuedAt?: Instant | null
  /** Not before this moment, because the attempt before failed; null or absent when at once. */
  readonly retryAt?: Instant | null
  /** What people ordered about it, in the order it was obeyed; absent while nobody did. */
  readonly commands?: readonly StageCommand[]
}

/** What took the issue up: the label, a command, or a recognised agent's branch. */
export type PipelineStart = {
  readonly by: 'label' | 'command' | 'branch'
  /** The person or App that caused it; null when a branch did and nobody is named. */
  readonly actor: string | null
  readonly at: Instant
  readonly evidence: Evidence
}

export type Pipeline = {
  readonly repositoryId: number
  readonly issue: IssueFact
  readonly start: PipelineStart
  /** The stage table as it stood when the pipeline began. */
  readonly line: Line
  readonly stages: readonly Stage[]
  /** Linked by closing references, by branch, or by an attempt's key; sorted by number. */
  readonly pullRequests: readonly PullRequestFact[]
  /** Head of the default branch when the pipeline began; null until GitHub has answered. */
  readonly baseSha: string | null
  /** Set when the issue was deleted or transferred away: the pipeline stops, and nothing is written there any more. */
  readonly removed: { readonly why: 'deleted' | 'transferred'; readonly at: Instant } | null
  /** False until the repository's file has been looked for: the stage table may still be exchanged. Absent: settled. */
  readonly isConfigured?: boolean
  /** Everybody who asked for the start; absent while only a branch did. */
  readonly startRequests?: readonly StartRequest[]
  /** The last hold or release of each scope in this pipeline; absent while there was none. Ask `activeHolds` in holds.ts. */
  readonly holdsAndReleases?: readonly HoldOrRelease[]
  /** Why no slot was given when one was last asked for; absent while none is wanted. */
  readonly denial?: { readonly reason: DenialReason; readonly until: Instant | null; readonly at: Instant }
}

/** Who asked for the start, how and when last, and what GitHub said about it; `permission` is null until it has answered. */
export type StartRequest = {
  readonly login: string
  readonly by: 'label' | 'command'
  readonly at: Instant
  readonly evidence: Evidence
  readonly permission: PermissionDecision | null
}
