// What GitHub said, keyed by GitHub's own ids. A fact is merged, never overwritten (facts/merge.ts), which is why deliveries
// may come late, twice and in any order.
import type { Evidence, Instant, Occurrence } from './time.ts'

export type IssueFact = {
  readonly number: number
  /** Null until a delivery or an answer carries it: a branch can name an issue before that. */
  readonly title: string | null
  readonly url: string | null
  readonly author: string | null
  /** The logins of those it is assigned to, sorted. */
  readonly assignees: readonly string[]
  readonly state: 'open' | 'closed'
  readonly stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null
  readonly closedAt: Instant | null
  readonly updatedAt: Instant
  readonly evidence: Evidence
  /** GitHub sent it open and closed within one second: it counts as closed until GitHub has been asked which came last. */
  readonly isContested?: true
  /** GitHub sent it assigned to different people within one second: it is asked to whom it is now. */
  readonly areAssigneesContested?: true
}

/** GitHub's own words. Until `in_progress` GitHub itself makes a run wait, unless it is `queued`: then it wants a runner. */
export type RunStatus = 'requested' | 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed'

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

/** `at` is the newest moment the payload carries: the job or one of its steps was completed, started or created. */
export type JobFact = Occurrence & {
  readonly id: number
  readonly runId: number
  readonly runAttempt: number
  readonly name: string
  readonly status: RunStatus
  readonly conclusion: Conclusion | null
  /** Absent while it has not started. */
  readonly startedAt?: Instant
  /** The step under way, if one is; steps finished and steps known. */
  readonly step: string | null
  readonly stepsCompleted: number
  readonly stepsTotal: number
  /** The first step that failed; absent while none has. */
  readonly failedStep?: { readonly number: number; readonly name: string }
  readonly url: string | null
}

/** How GitHub explains that it cancelled a run, or failed one before its job began. `since` and `until`: the first and the last time it did not explain it. */
export type CancelExplanation =
  | { readonly kind: 'person' | 'bot'; readonly login: string }
  | {
      readonly kind: 'job-time-limit' | 'replaced' | 'deadlock' | 'runner-lost' | 'no-runner' | 'deployment-rejected'
      readonly job: string
    }
  | { readonly kind: 'unexplained'; readonly since: Instant; readonly until: Instant }

/** What the environments of waiting jobs wait for, as GitHub was asked: first of all for reviewers. */
export type EnvironmentWait = {
  readonly kind: 'reviewers' | 'timer' | 'rule'
  readonly environments: readonly string[]
  readonly readAt: Instant
}

/** A workflow run with the jobs of its newest `run_attempt`. */
export type RunFact = {
  readonly id: number
  readonly runAttempt: number
  /** File name only: `plan.yml` of `.github/workflows/plan.yml@main`. */
  readonly workflow: string
  /** GitHub's `display_title`: the run-name, in which an attempt key may be echoed. */
  readonly title: string
  /** GitHub's name of what began it, `workflow_dispatch` or `push`, which says who wrote its title and chose its branch. */
  readonly event: string
  /** The login that began it, which a re-run does not change. */
  readonly actor: string | null
  readonly status: RunStatus
  readonly conclusion: Conclusion | null
  /** `main`; `octocat:main` when the head is in a fork, as GitHub labels it, so that no fork's branch is taken for ours. */
  readonly branch: string | null
  readonly headSha: string
  readonly url: string
  readonly startedAt: Instant
  readonly updatedAt: Instant
  readonly jobs: readonly JobFact[]
  /** Absent until GitHub was asked why it cancelled the run, or failed it before its job began. */
  readonly cancellation?: CancelExplanation
  /** Absent until GitHub was asked what the run's environments wait for. */
  readonly environmentWait?: EnvironmentWait
  readonly evidence: Evidence
}

export type ReviewFact = {
  readonly id: number
  readonly reviewer: string
  /** Bots count only when the repository's file names them. */
  readonly bot: boolean
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed'
  /** The commit that was reviewed: a verdict does not outlive a push that answers it. */
  readonly commitSha: string
  readonly submittedAt: Instant
  readonly evidence: Evidence
}

/** One state that a pull request was seen in, and the first and the last moment of that. */
export type PullRequestSnapshot = {
  readonly state: 'open' | 'closed' | 'merged'
  readonly draft: boolean
  readonly headSha: string
  readonly firstAt: Instant
  readonly lastAt: Instant
}

/** Whether GitHub says that a user may write, and when it said so. */
export type PermissionDecision = { readonly granted: boolean; readonly at: Instant }

/** May the author with this login write? `at` is the moment of the pull request that GitHub was asked about. */
export type AuthorPermission = PermissionDecision & { readonly login: string }

export type PullRequestFact = Pick<PullRequestSnapshot, 'state' | 'draft' | 'headSha'> & {
  readonly number: number
  readonly title: string
  readonly url: string
  readonly author: string | null
  /** Its author is an App, which can open pull requests only where it is installed. */
  readonly bot: boolean
  /** What GitHub said about its author; null until then. Who may decide: facts/standing.ts. */
  readonly authorPermission: AuthorPermission | null
  /** `feature`, or `octocat:feature` when the head is in a fork. */
  readonly branch: string
  /** Every state it was seen in. Translators leave it empty; merging fills it and takes state, draft and head from it. */
  readonly snapshots: readonly PullRequestSnapshot[]
  /** Heads that a push is known to have replaced: they break ties between equal timestamps. */
  readonly replacedShas: readonly string[]
  /** Issues it closes, as GitHub answered, and when; null until then. */
  readonly closingIssues: readonly number[] | null
  readonly closingIssuesAt: Instant | null
  readonly reviews: readonly ReviewFact[]
  /** By reviewer: may they write? Absent means not yet known, and their verdict waits. */
  readonly writePermissions: Readonly<Record<string, PermissionDecision>>
  readonly updatedAt: Instant
  readonly evidence: Evidence
}
