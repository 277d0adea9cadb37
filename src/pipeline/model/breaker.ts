// What Andon knows about a workflow in a repository: whether its attempts fail alike, and whether an agent is limited.
import type { Instant } from './time.ts'

/** What an attempt showed: its workflow works, or it failed soon after it had started. The times are GitHub's. */
export type Trial = {
  readonly key: string
  readonly issueNumber: number
  readonly startedAt: Instant
  readonly at: Instant
  readonly isFailed: boolean
  /** It does not count against the attempts of its stage. */
  readonly isExcused?: true
}

/** An attempt that has shown nothing yet. */
export type PendingAttempt = {
  readonly key: string
  readonly issueNumber: number
  readonly isSent: boolean
  /** When its run started, by GitHub's clock; when Andon learnt that it runs, by its own. */
  readonly startedAt: Instant | null
  readonly runningSince: Instant | null
}

/** A workflow failed alike for these issues. `failedProbes` tries have failed since. */
export type Trip = {
  readonly at: Instant
  readonly issues: readonly number[]
  readonly failedProbes: number
}

export type Breaker = {
  /** Sorted by time: those that still matter. */
  readonly trials: readonly Trial[]
  readonly pending: readonly PendingAttempt[]
  /** Null while the workflow is not held for its failures. */
  readonly trip: Trip | null
  /** Attempts that were started, one at a time, to find out whether the workflow works again. */
  readonly probes: readonly string[]
  /** When the next of them may start, by our clock; null while the workflow is not held. */
  readonly nextAt: Instant | null
  /** The issues whose latest attempts failed soon, while they are too few to hold the workflow. */
  readonly suspects: readonly number[]
  readonly suspectedUntil: Instant | null
  /** When a person last resumed the repository: what an attempt showed before counts no more. */
  readonly releasedAt: Instant | null
  readonly limit: ReportedLimit | null
}

/** An agent reported that it is limited. */
export type ReportedLimit = { readonly until: Instant; readonly issueNumber: number; readonly at: Instant }

/** By file name of the workflow. */
export type Breakers = Readonly<Record<string, Breaker>>

/** Andon itself holds a workflow in a repository. */
export type WorkflowHold = {
  readonly workflow: string
  readonly cause:
    | { readonly kind: 'failures'; readonly issues: readonly number[]; readonly withinSeconds: number }
    | { readonly kind: 'limited'; readonly issueNumber: number }
  readonly since: Instant
  /** When it ends or is tried again; null while an attempt tries it. */
  readonly until: Instant | null
  readonly probe: { readonly issueNumber: number; readonly key: string } | null
}
