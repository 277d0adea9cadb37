// The state of one issue on the line. Plain data: stored as one JSON document, so every field survives a round trip
// through JSON and nothing here is a class, a Date or undefined.
import type { Line, StageName } from '../line/line.ts'
import type { IssueFact, PullRequestFact, RunFact } from './facts.ts'

/** A moment in UTC, always `YYYY-MM-DDTHH:mm:ss.sssZ`, so that moments sort as text. */
export type Instant = string

/** How we know. `id` is the delivery's GUID, the question's key, the comment's id or the loop's name. */
export type Evidence = {
  readonly kind: 'delivery' | 'read' | 'beat' | 'command' | 'clock'
  readonly id: string
  readonly at: Instant
}

export type StageStatus = 'idle' | 'queued' | 'running' | 'review' | 'done' | 'failed' | 'cancelled' | 'skipped'

/** The one light of a pipeline: its furthest live stage, or what is left when none is live. */
export type Light = 'running' | 'review' | 'queued' | 'failed' | 'done' | 'idle'

/** Beside the light, derived when read and never stored (see health.ts). */
export type Health = 'ok' | 'stalled' | 'stale' | 'unknown'

/** One try at a stage: at most one dispatch and one workflow run. GitHub's `run_attempt` is something else. */
export type Attempt = {
  readonly number: number
  /** Readable, never recurs, echoed by the workflow's `run-name`; null when somebody else started the run. */
  readonly key: string | null
  /** The run as GitHub last told it; null until one is bound. */
  readonly run: RunFact | null
}

/** A stage as it stands. Everything but `name` and `attempts` is settled anew from the facts after each event. */
export type Stage = {
  readonly name: StageName
  readonly status: StageStatus
  /** In words a person reads: what happened, or what it waits for, for whom, until when. */
  readonly reason: string
  /** What it waits for and until when, if it waits; null otherwise. */
  readonly waiting: { readonly for: string; readonly until: Instant | null } | null
  /** Since when the status holds; null while the stage has never been touched. */
  readonly since: Instant | null
  readonly evidence: Evidence | null
  readonly attempts: readonly Attempt[]
}

/** What took the issue up: the label, a command, or a recognised agent's branch. */
export type Beginning = {
  readonly by: 'label' | 'command' | 'branch'
  /** The person or App that caused it; null when a branch did and nobody is named. */
  readonly actor: string | null
  readonly at: Instant
  readonly evidence: Evidence
}

export type Pipeline = {
  readonly repositoryId: number
  readonly issue: IssueFact
  readonly begun: Beginning
  /** The stage table as it stood when the pipeline began. */
  readonly line: Line
  readonly stages: readonly Stage[]
  /** Linked by closing references, by branch, or by an attempt's key; sorted by number. */
  readonly pullRequests: readonly PullRequestFact[]
  /** Head of the default branch when the pipeline began; null until GitHub has answered. */
  readonly baseSha: string | null
  /** Set when the issue was deleted or transferred away: the line stops and nothing is written there any more. */
  readonly gone: { readonly why: 'deleted' | 'transferred'; readonly at: Instant } | null
}
