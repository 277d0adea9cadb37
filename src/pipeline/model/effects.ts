// What must happen once. An effect is a row with a unique key, written in the transaction that decided it.
// What must be *true* (check runs, comments, the board) is a publication: see surfaces.ts.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'
import type { CommandAnswer } from './command-answer.ts'
import type { CommandOrigin } from './command-origin.ts'
import type { IssueFact, PullRequestFact, RunFact } from './facts.ts'
import type { Instant } from './time.ts'

/** Something to be done once. `key` is unique for ever within a repository: the same key is the same effect. */
export type Effect = AskEffect | DispatchEffect | CancelEffect | ReactEffect | ReplyEffect

/** Ask GitHub, after the commit; the answer comes back as an `answered` event. */
export type AskEffect = { readonly type: 'ask'; readonly key: string; readonly question: Question }

/** Start the workflow, with exactly two inputs: `issue` (the number, as text) and `andon` (the attempt's key). */
export type DispatchEffect = {
  readonly type: 'dispatch'
  /** `dispatch/<attempt key>`. */
  readonly key: string
  readonly issueNumber: number
  readonly stage: StageName
  readonly attempt: number
  readonly attemptKey: string
  readonly workflow: string
  /** The default branch. */
  readonly ref: string
}

/** Stop a run. */
export type CancelEffect = {
  readonly type: 'cancel'
  /** `cancel/<run id>` or `cancel/<run id>/force`. */
  readonly key: string
  readonly runId: number
  readonly issueNumber: number
  readonly attemptKey: string | null
  readonly force: boolean
}

/** React to a comment that carries commands: seen, or not understood or not possible. GitHub takes the same one twice. */
export type ReactEffect = {
  readonly type: 'react'
  /** `react/<origin>/eyes` or `react/<origin>/confused`: one of the two. */
  readonly key: string
  readonly commentId: number
  readonly content: 'eyes' | 'confused'
  /** May whoever wrote it write here? */
  readonly mayWrite: boolean
}

/** Answer commands with a comment, which may answer several at once. */
export type ReplyEffect = {
  readonly type: 'reply'
  /** `reply/<origin>`. */
  readonly key: string
  readonly origin: string
  /** Where it is written: the number of the issue or pull request that the commands were given at. */
  readonly issueNumber: number
  readonly login: string
  /** What `login` may, when they asked: the help tells what they can use. */
  readonly mayWrite: boolean
  readonly items: readonly ReplyItem[]
}

/** What is said to one command. `text` is the command as it was typed. */
export type ReplyItem = { readonly text: string } & (
  | {
      readonly kind: 'done' | 'already' | 'impossible'
      /** The issue it is about; null when no line heard it. */
      readonly issueNumber: number | null
      readonly answer: CommandAnswer
    }
  | { readonly kind: 'mistake'; readonly mistake: InvalidCommand }
  | { readonly kind: 'no-permission' }
  | { readonly kind: 'help' }
  /** Looked up when the reply is written. */
  | { readonly kind: 'status' | 'why'; readonly issueNumber: number | null }
)

/** Something only GitHub knows. */
export type Question =
  /** Whose issue is this, what links to it, and where does the default branch stand? Asked when a pipeline begins. */
  | { readonly about: 'issue'; readonly issueNumber: number }
  /** Which issues does this pull request close? There is no webhook for links made by hand. */
  | { readonly about: 'pull_request'; readonly pullRequestNumber: number }
  /** What may this person? Fails closed: only what GitHub clearly says. */
  | { readonly about: 'permission'; readonly login: string; readonly purpose: PermissionPurpose }
  /** How does this run stand? Asked when it has been silent, before anything is done about it. */
  | { readonly about: 'run'; readonly runId: number; readonly issueNumber: number }
  /** What does `.github/andon.yml` say on the default branch, or else in the organisation's `.github`? */
  | { readonly about: 'configuration' }

/** What somebody's permission is asked for, with all that is needed to go on once GitHub has answered. */
export type PermissionPurpose =
  | { readonly kind: 'review'; readonly pullRequestNumber: number }
  | { readonly kind: 'start'; readonly issueNumber: number; readonly at: Instant }
  /** `at`: when they were given. */
  | ({ readonly kind: 'command'; readonly at: Instant } & GivenCommands)

/** Commands as they were given, and where. */
export type GivenCommands = {
  /** The number commented on: a pull request's own when `onPullRequest`. */
  readonly issueNumber: number
  readonly onPullRequest: boolean
  readonly origin: CommandOrigin
  readonly commands: readonly (Command | InvalidCommand)[]
}

/** What somebody may in a repository, in GitHub's word; `none` also for somebody whom GitHub does not know. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export type Answer =
  | {
      readonly about: 'issue'
      readonly issue: IssueFact | null
      readonly pullRequests: readonly PullRequestFact[]
      readonly defaultBranchSha: string | null
      /** What the repository's file says; null when nobody wrote one; absent when it was not read. */
      readonly configuration?: Configuration | null
    }
  | { readonly about: 'pull_request'; readonly closes: readonly number[] }
  | { readonly about: 'permission'; readonly role: Role }
  /** Null when GitHub knows no such run. */
  | { readonly about: 'run'; readonly run: RunFact | null }
  | {
      readonly about: 'configuration'
      readonly text: string | null
      readonly sha: string | null
      readonly source: 'repository' | 'organisation' | null
      /** Head of the default branch when it was read: where its author looks. */
      readonly headSha: string | null
    }

/** The text of a repository's file, and where it stands. */
export type Configuration = {
  readonly text: string
  readonly sha: string
  readonly source: 'repository' | 'organisation'
}

/** The issue whose pipeline awaits the answer; null when a pull request's or nobody's does. */
export function issueOfQuestion(question: Question): number | null {
  if (question.about === 'issue' || question.about === 'run') return question.issueNumber
  if (question.about !== 'permission' || question.purpose.kind === 'review') return null
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? null : question.purpose.issueNumber
}

/** The pull request whose issues await the answer; null when it is about an issue itself, or about the repository. */
export function pullRequestOfQuestion(question: Question): number | null {
  if (question.about === 'pull_request') return question.pullRequestNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review') return question.purpose.pullRequestNumber
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? question.purpose.issueNumber : null
}
