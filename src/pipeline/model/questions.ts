// What Andon asks GitHub, why, and what GitHub may answer.
import type { IssueFact, PullRequestFact, RunFact } from './facts.ts'
import type { EmailCheck, GivenCommands } from './given-commands.ts'
import type { RefusalCause } from './reason.ts'
import type { Instant, Occurrence } from './time.ts'

/** Something only GitHub knows. */
export type Question =
  /** Who opened the issue, what links to it, and where is the default branch? Asked when a pipeline begins. */
  | { readonly about: 'issue'; readonly issueNumber: number }
  /** How does this pull request stand, and which issues does it close? There is no webhook for links made by hand. */
  | { readonly about: 'pull_request'; readonly pullRequestNumber: number }
  /** What is this user's role? Fails closed: only what GitHub clearly says. */
  | {
      readonly about: 'permission'
      readonly login: string
      /** Who had that login when they signed in: a login that is somebody else's by now gives nobody a role. */
      readonly userId?: number
      readonly purpose: PermissionPurpose
    }
  /** Did this comment come by e-mail? Its commands are obeyed after the answer. */
  | ({ readonly about: 'comment'; readonly check: EmailCheck; readonly sender: string } & Occurrence & GivenCommands)
  /** What is the state of this run? Asked when it has been silent, before anything is done about it. `workflow`: where it is listed. */
  | { readonly about: 'run'; readonly runId: number; readonly workflow?: string; readonly issueNumber: number }
  /** Why can the workflow not be started? Asked after GitHub refused to start it. */
  | { readonly about: 'workflow'; readonly workflow: string; readonly issueNumber: number; readonly attemptKey: string }
  /** What does `.github/andon.yml` say on the default branch, or else in the organisation's? After a push, it is known where. */
  | { readonly about: 'configuration'; readonly pushedSha?: string }
  /**
   * Is the repository there, through which installation, and under what name? `says`: what the delivery said that caused the
   * question; `since`: the newest `updated_at` known then, so that an answer from before is recognised.
   */
  | { readonly about: 'repository'; readonly says: 'there' | 'gone'; readonly since: Instant | null }
  /** Is the installation suspended? */
  | { readonly about: 'installation'; readonly installationId: number; readonly says: InstallationState }

/** A removed installation never comes back: installing again makes a new one. */
export type InstallationState = 'active' | 'suspended' | 'removed'

/** Why a user's role is asked, with all that is needed to go on once GitHub has answered. */
export type PermissionPurpose =
  | { readonly kind: 'review'; readonly pullRequestNumber: number }
  /** `at`: when GitHub last changed the pull request that the user opened. */
  | { readonly kind: 'author'; readonly pullRequestNumber: number; readonly at: Instant }
  | { readonly kind: 'start'; readonly issueNumber: number; readonly at: Instant }
  /** `at`: when they were given. */
  | ({ readonly kind: 'command'; readonly at: Instant } & GivenCommands)

/** The user's role on the repository, in GitHub's word; `none` if GitHub does not know the user. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export type Answer =
  | {
      readonly about: 'issue'
      readonly issue: IssueFact | null
      readonly pullRequests: readonly PullRequestFact[]
      readonly defaultBranchSha: string | null
      /** What the repository's file says; null when there is none; absent when it was not read. */
      readonly configuration?: Configuration | null
    }
  /** `closes` is null when GitHub has not said it, or may not know it yet. */
  | {
      readonly about: 'pull_request'
      readonly closes: readonly number[] | null
      readonly pullRequest: PullRequestFact | null
    }
  | { readonly about: 'permission'; readonly role: Role }
  /** True also of a comment that is gone. */
  | { readonly about: 'comment'; readonly cameByEmail: boolean }
  /** Null when GitHub knows no such run. */
  | { readonly about: 'run'; readonly run: RunFact | null }
  /** Null when nothing forbids it any more. */
  | { readonly about: 'workflow'; readonly cause: RefusalCause | null }
  /** `headSha`: the head of the default branch when the file was read, which is where its author looks. */
  | ({ readonly about: 'configuration'; readonly headSha: string | null } & {
      readonly [Column in keyof Configuration]: Configuration[Column] | null
    })
  /** `installation` is null when none reaches the repository; `description` also while the installation is suspended. */
  | {
      readonly about: 'repository'
      readonly installation: InstallationFact | null
      readonly description: RepositoryDescription | null
    }
  | { readonly about: 'installation'; readonly state: InstallationState; readonly account: string | null }

export type InstallationFact = { readonly id: number; readonly account: string; readonly state: 'active' | 'suspended' }

/** A repository as GitHub describes it now. */
export type RepositoryDescription = {
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly archived: boolean
  readonly updatedAt: Instant
}

/** The text of a repository's file, and where it was found. */
export type Configuration = {
  readonly text: string
  readonly sha: string
  readonly source: 'repository' | 'organisation'
}

/** The issue whose pipeline waits for the answer; null when a pull request's or no pipeline does. */
export function issueOfQuestion(question: Question): number | null {
  if (question.about === 'issue' || question.about === 'run' || question.about === 'workflow')
    return question.issueNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review' || question.purpose.kind === 'author') return null
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? null : question.purpose.issueNumber
}

/** The pull request whose issues wait for the answer; null when an issue itself or the repository does. */
export function pullRequestOfQuestion(question: Question): number | null {
  if (question.about === 'pull_request') return question.pullRequestNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review' || question.purpose.kind === 'author')
    return question.purpose.pullRequestNumber
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? question.purpose.issueNumber : null
}
