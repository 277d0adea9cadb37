// What GitHub told us, keyed by GitHub's own ids. A fact is merged, never overwritten: every `merge…` here is
// commutative, associative and idempotent, which is why deliveries may come late, twice and in any order.
// Rank decides before time, because GitHub's timestamps tie at one second
// (https://github.com/promhippie/github_exporter/issues/312).

import type { Evidence } from './evidence.ts'
import type { Instant } from './time.ts'

export type IssueFact = {
  readonly number: number
  /** Null until GitHub has told us: a branch can name an issue before any delivery about it. */
  readonly title: string | null
  readonly url: string | null
  readonly author: string | null
  readonly state: 'open' | 'closed'
  readonly stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null
  readonly closedAt: Instant | null
  readonly updatedAt: Instant
  readonly evidence: Evidence
}

export type RunStatus = 'queued' | 'in_progress' | 'completed'

export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'timed_out'
  | 'action_required'
  | 'stale'
  | 'skipped'
  | 'startup_failure'

export type JobFact = {
  readonly id: number
  readonly runId: number
  readonly runAttempt: number
  readonly name: string
  readonly status: 'queued' | 'waiting' | 'in_progress' | 'completed'
  readonly conclusion: Conclusion | null
  /** The step under way, if one is; steps finished and steps known. */
  readonly step: string | null
  readonly stepsCompleted: number
  readonly stepsTotal: number
  readonly url: string | null
  /** The newest moment the payload carries: completed, started or created. */
  readonly at: Instant
  readonly evidence: Evidence
}

/** A workflow run with the jobs of its newest `run_attempt`. */
export type RunFact = {
  readonly id: number
  readonly runAttempt: number
  /** File name only: `plan.yml` of `.github/workflows/plan.yml@main`. */
  readonly workflow: string
  /** GitHub's `display_title`: the run-name, in which an attempt key may be echoed. */
  readonly title: string
  readonly status: RunStatus
  readonly conclusion: Conclusion | null
  /** `main`; `octocat:main` when the head is in a fork, as GitHub labels it, so that no fork's branch is taken for ours. */
  readonly branch: string | null
  readonly headSha: string
  readonly url: string
  readonly startedAt: Instant
  readonly updatedAt: Instant
  readonly jobs: readonly JobFact[]
  readonly evidence: Evidence
}

export type ReviewFact = {
  readonly id: number
  readonly reviewer: string
  /** Bots count only when the repository's file names them. */
  readonly bot: boolean
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed'
  /** The commit it was given for: a verdict does not outlive a push that answers it. */
  readonly commitSha: string
  readonly submittedAt: Instant
  readonly evidence: Evidence
}

/** One way a pull request was seen to stand, with the first and the last moment it was told so. */
export type PullRequestSnapshot = {
  readonly state: 'open' | 'closed' | 'merged'
  readonly draft: boolean
  readonly headSha: string
  readonly firstAt: Instant
  readonly lastAt: Instant
}

/** What GitHub said when asked whether somebody may write, and when it said so. */
export type PermissionDecision = { readonly granted: boolean; readonly at: Instant }

export type PullRequestFact = {
  readonly number: number
  readonly title: string
  readonly url: string
  readonly author: string | null
  readonly state: 'open' | 'closed' | 'merged'
  readonly draft: boolean
  /** `feature`, or `octocat:feature` when the head is in a fork. */
  readonly branch: string
  readonly headSha: string
  /** Every way it was seen to stand. Translators leave it empty; merging fills it and takes state, draft and head from it. */
  readonly snapshots: readonly PullRequestSnapshot[]
  /** Heads that a push is known to have replaced: they break ties between equal timestamps. */
  readonly replacedShas: readonly string[]
  /** Issues it closes, as GitHub answered; null until asked. */
  readonly closingIssues: readonly number[] | null
  /** When GitHub answered that; null until asked. */
  readonly closingIssuesAt: Instant | null
  readonly reviews: readonly ReviewFact[]
  /** Reviewers GitHub was asked about: may they write? Absent means not yet known, and their verdict waits. */
  readonly writePermissions: Readonly<Record<string, PermissionDecision>>
  readonly updatedAt: Instant
  readonly evidence: Evidence
}
